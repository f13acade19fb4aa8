import type { NotificationChannel } from "@sluice/client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { problemAt } from "../api/problems.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FormProblem } from "../ui/form-problem.tsx";
import { type ChannelFields, channelChanged, fieldsOfChannel } from "./channel.ts";
import { ChannelFieldset } from "./channel-fields.tsx";
import { headersIn } from "./headers.ts";

interface EditChannelProps {
  channel: NotificationChannel;
  onClose: () => void;
  /** The channel is to be tested as it is now. */
  onSaved: (isTested: boolean) => void;
}

/** Changes a channel. What others change meanwhile is not undone unseen. */
export function EditChannel({ channel: current, onClose, onSaved }: EditChannelProps) {
  const [channel] = useState(current);
  const [fields, setFields] = useState(() => fieldsOfChannel(channel));
  const put = (changed: Partial<ChannelFields>): void => setFields((before) => ({ ...before, ...changed }));
  const { id, name, project, updatedAt } = channel;
  const params = { path: { id }, query: { project } };
  const save = useMutation({
    mutationFn: async (_isTested: boolean) => {
      const now = await ok(sluice.http.GET("/v1/notifications/{id}", { params }));
      if (now.updatedAt !== updatedAt) {
        throw new Error("Somebody has changed this channel since you began. Close this, and begin anew.");
      }
      return ok(sluice.http.PUT("/v1/notifications/{id}", { params, body: channelChanged(channel, fields) }));
    },
    onSuccess: (_saved, isTested) => {
      onClose();
      onSaved(isTested);
    },
  });
  const begin = (isTested: boolean): void => {
    if (headersIn(fields.headers) !== null && !save.isPending) save.mutate(isTested);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    begin(submitter?.getAttribute("value") === "test");
  };
  return (
    <Dialog open onClose={onClose} title={`Edit ${name}`} description="Its name, its type and its signing key stay.">
      <form onSubmit={submit} className="space-y-4">
        <ChannelFieldset fields={fields} put={put} at={(field) => problemAt(save.error, field)} isKnown />
        <FormProblem error={save.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={save.isPending}>
            Save
          </Button>
          {channel.enabled && (
            <Button type="submit" value="test" busy={save.isPending}>
              Save and test
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
