import type { NotificationChannel } from "@sluice/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { useTell } from "../ui/toast.tsx";
import { channelsQuery } from "./channels.query.ts";
import type { SigningKey } from "./channels.tsx";
import { EditChannel } from "./edit-channel.tsx";
import { STATUS_TONES, STATUS_WORDS } from "./message.ts";
import { useMessages } from "./messages.tsx";
import { messagesKey, type Receiver } from "./receiver.ts";

interface ChannelActionsProps {
  channel: NotificationChannel;
  onKey: (key: SigningKey) => void;
}

type Asked = "edit" | "rotate" | "delete" | null;

export function ChannelActions({ channel, onKey }: ChannelActionsProps) {
  const { id, name, type, enabled } = channel;
  const project = useProject();
  const queries = useQueryClient();
  const tell = useTell();
  const [asked, ask] = useState<Asked>(null);
  const params = { path: { id }, query: { project } };
  const onError = (error: Error): void => tell({ tone: "bad", title: `${name}: not done`, detail: error.message });
  const onSuccess = (): void => void queries.invalidateQueries({ queryKey: ["notifications", project] });
  const receiver = { type: "notifications", key: id, name } as const;
  const test = useMutation({
    mutationFn: () => ok(sluice.http.POST("/v1/notifications/{id}/test", { params })),
    onSuccess: () => queries.invalidateQueries({ queryKey: messagesKey(project, receiver) }),
    onError,
  });
  const turn = useMutation({
    mutationFn: () =>
      ok(sluice.http.PUT("/v1/notifications/{id}", { params, body: { ...channel, enabled: !enabled } })),
    ...{ onSuccess, onError },
  });
  const remove = useMutation({
    mutationFn: () => ok(sluice.http.DELETE("/v1/notifications/{id}", { params })),
    onSuccess: () => {
      // Its messages are gone with it: nobody asks for them any more.
      queries.setQueryData(channelsQuery(project).queryKey, (list) =>
        list === undefined ? list : { ...list, items: list.items.filter((one) => one.id !== id) },
      );
      onSuccess();
    },
    onError,
  });
  const rotate = useMutation({
    mutationFn: () => ok(sluice.http.POST("/v1/notifications/{id}/rotate", { params })),
    onSuccess: (rotated) => {
      if ("secret" in rotated && rotated.secret !== undefined) onKey({ name, secret: rotated.secret });
    },
    onError,
  });
  return (
    <div className="flex flex-col items-end gap-1">
      <div className="flex justify-end gap-2">
        <Button size="small" aria-label={`Test ${name}`} busy={test.isPending} onClick={() => test.mutate()}>
          Test
        </Button>
        <Button size="small" aria-label={`Edit ${name}`} onClick={() => ask("edit")}>
          Edit
        </Button>
        <Button
          size="small"
          aria-label={`Turn ${enabled ? "off" : "on"} ${name}`}
          busy={turn.isPending}
          onClick={() => turn.mutate()}
        >
          {enabled ? "Turn off" : "Turn on"}
        </Button>
        {type === "webhook" && (
          <Button size="small" aria-label={`New key for ${name}`} busy={rotate.isPending} onClick={() => ask("rotate")}>
            New key
          </Button>
        )}
        <Button
          size="small"
          tone="danger"
          aria-label={`Delete ${name}`}
          busy={remove.isPending}
          onClick={() => ask("delete")}
        >
          Delete
        </Button>
      </div>
      {test.data !== undefined && !remove.isPending && <TestResult receiver={receiver} delivery={test.data.id} />}
      {asked === "edit" && (
        <EditChannel
          channel={channel}
          onClose={() => ask(null)}
          onSaved={(isTested) => {
            onSuccess();
            if (isTested) test.mutate();
          }}
        />
      )}
      {(asked === "rotate" || asked === "delete") && (
        <Confirm
          title={asked === "rotate" ? `A new signing key for ${name}?` : `Delete ${name}?`}
          description={
            asked === "rotate"
              ? "Messages are signed with both keys for a day; after it with the new one alone."
              : "Nobody is told by it any more, and what is on its way to it is not sent."
          }
          yes={asked === "rotate" ? "Create" : "Delete"}
          onClose={() => ask(null)}
          onYes={() => (asked === "rotate" ? rotate : remove).mutate()}
        />
      )}
    </div>
  );
}

/** What came of a test, as soon as it is known. */
function TestResult({ receiver, delivery }: { receiver: Receiver; delivery: string }) {
  const { data } = useMessages(receiver);
  const sent = data?.items.find(({ id }) => id === delivery);
  const status = sent?.status ?? "pending";
  return (
    <p
      role="status"
      className="flex max-w-72 flex-wrap items-center justify-end gap-1.5 text-right text-xs wrap-anywhere"
    >
      Test: <Badge tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</Badge>
      {sent?.reason != null && <span className="text-muted">{sent.reason}</span>}
    </p>
  );
}
