import type { Command, Rollout } from "@sluice/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Keyboard } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { rolloutQuery } from "../api/queries.ts";
import { usePrincipal } from "../app/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { useTell } from "../ui/toast.tsx";
import { ACTION_OF, asksFirst, consequence, isShown, LABELS, notNow, ORDER } from "./commands.ts";
import { Help } from "./help.tsx";

const KEYS: Readonly<Record<string, Command>> = { a: "approve", p: "pause", r: "rollback" };

/** What may be done with the rollout now. What its phase does not take stays where it is, and says why. */
export function Actions({ rollout, onMoved }: { rollout: Rollout; onMoved: (id: string) => void }) {
  const { actions, name, role } = usePrincipal();
  const [asked, setAsked] = useState<Command | null>(null);
  const [helps, setHelps] = useState(false);
  const { send, isPending, variables } = useCommand(rollout, onMoved);
  const may = (command: Command): boolean => actions.includes(ACTION_OF[command]);
  const shown = ORDER.filter((command) => may(command) && isShown(rollout, command));

  const choose = (command: Command): void => {
    if (asksFirst(command) || command === "approve") setAsked(command);
    else send({ command });
  };

  useKeys((key) => {
    if (asked !== null || helps || isPending) return;
    if (key === "?") setHelps(true);
    const meant = KEYS[key];
    if (meant === undefined) return;
    const command = meant === "pause" && rollout.paused ? "resume" : meant;
    if (may(command) && notNow(rollout, command, name) === null) choose(command);
  });

  return (
    <div className="flex min-h-20 flex-1 flex-wrap content-start items-center gap-2 sm:min-h-9 lg:flex-initial lg:justify-end">
      {shown.length === 0 && <p className="text-xs text-muted">Your role, {role}, may look at it.</p>}
      {shown.map((command) => (
        <Button
          key={command}
          tone={command === "rollback" ? "danger" : command === "approve" ? "primary" : "plain"}
          refused={notNow(rollout, command, name)}
          busy={isPending && variables.command === command}
          onClick={() => choose(command)}
        >
          {LABELS[command]}
        </Button>
      ))}
      <Button
        tone="quiet"
        aria-label="Keys"
        onClick={() => setHelps(true)}
        icon={<Keyboard aria-hidden className="size-4" />}
      />
      {helps && <Help onClose={() => setHelps(false)} />}
      {asked !== null && (
        <Confirm
          rollout={rollout}
          command={asked}
          onClose={() => setAsked(null)}
          onYes={(comment) => {
            setAsked(null);
            send({ command: asked, comment });
          }}
        />
      )}
    </div>
  );
}

function useCommand(rollout: Rollout, onMoved: (id: string) => void) {
  const queries = useQueryClient();
  const tell = useTell();
  const mutationKey = ["rollout", rollout.id, "command"];
  const mutation = useMutation({
    mutationKey,
    mutationFn: ({ command, comment = "" }: { command: Command; comment?: string }) =>
      ok(
        sluice.http.POST("/v1/rollouts/{id}/{command}", {
          params: { path: { id: rollout.id, command } },
          body: comment === "" ? {} : { comment },
        }),
      ),
    onSuccess: (answer) => {
      queries.setQueryData(rolloutQuery(answer.id).queryKey, answer);
      if (answer.id !== rollout.id) onMoved(answer.id);
    },
    onError: (error, { command }) => {
      tell({ tone: "bad", title: `${LABELS[command]}: not done`, detail: error.message });
      // Somebody else was faster, as a rule: what is there now says so.
      void queries.invalidateQueries(rolloutQuery(rollout.id));
    },
  });
  return {
    ...mutation,
    /** One at a time, however fast keys are pressed: what is under way is known before it is drawn. */
    send: (order: { command: Command; comment?: string }) => {
      if (queries.isMutating({ mutationKey }) === 0) mutation.mutate(order);
    },
  };
}

function Confirm({
  rollout,
  command,
  onClose,
  onYes,
}: {
  rollout: Rollout;
  command: Command;
  onClose: () => void;
  onYes: (comment: string) => void;
}) {
  const [comment, setComment] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onYes(comment.trim());
  };
  return (
    <Dialog open onClose={onClose} title={`${LABELS[command]}?`} description={consequence(rollout, command)}>
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Why (others will read it)"
          value={comment}
          maxLength={1_000}
          onChange={(event) => setComment(event.target.value)}
        />
        <FormActions
          submit={LABELS[command]}
          tone={command === "approve" ? "primary" : "danger"}
          onClose={onClose}
          autoFocus
        />
      </form>
    </Dialog>
  );
}

/** Keys pressed outside of fields, without any modifier. */
function useKeys(onKey: (key: string) => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const { target } = event;
      const isWriting =
        target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
      if (isWriting || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      onKey(event.key);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });
}
