import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { problemAt } from "../api/problems.ts";
import { useProject } from "../app/project.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Choice, TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { FormProblem } from "../ui/form-problem.tsx";
import { CHANNEL_TYPES, type ChannelFields, channelWith, NO_CHANNEL } from "./channel.ts";
import { ChannelFieldset } from "./channel-fields.tsx";
import type { SigningKey } from "./channels.tsx";
import { headersIn } from "./headers.ts";

interface NewChannelProps {
  onClose: () => void;
  /** With the key that messages are signed with, where there is one. */
  onMade: (key: SigningKey | null) => void;
}

export function NewChannelDialog({ onClose, onMade }: NewChannelProps) {
  const project = useProject();
  const [fields, setFields] = useState(NO_CHANNEL);
  const put = (changed: Partial<ChannelFields>): void => setFields((before) => ({ ...before, ...changed }));
  const create = useMutation({
    mutationFn: () => ok(sluice.http.POST("/v1/notifications", { body: channelWith(fields, project) })),
    onSuccess: (made) =>
      onMade("secret" in made && made.secret !== undefined ? { name: made.name, secret: made.secret } : null),
  });
  const at = (field: string): string | undefined => problemAt(create.error, field);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (headersIn(fields.headers) !== null) create.mutate();
  };
  return (
    <Dialog open onClose={onClose} title="New notification channel">
      <form onSubmit={submit} className="space-y-4">
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <Choice
            label="Type"
            value={fields.type}
            onChange={(event) => put({ type: CHANNEL_TYPES.find((one) => one === event.target.value) ?? "webhook" })}
          >
            {CHANNEL_TYPES.map((type) => (
              <option key={type}>{type}</option>
            ))}
          </Choice>
          <TextField
            label="Name"
            required
            maxLength={63}
            value={fields.name}
            onChange={(event) => put({ name: event.target.value })}
            problem={at("name")}
          />
        </div>
        <ChannelFieldset fields={fields} put={put} at={at} isKnown={false} />
        <FormProblem error={create.error} />
        <FormActions submit="Create" busy={create.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}
