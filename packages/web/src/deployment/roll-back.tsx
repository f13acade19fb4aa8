import type { Deployment } from "@sluice/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { rolloutQuery } from "../api/queries.ts";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { FormProblem } from "../ui/form-problem.tsx";

interface RollBackProps {
  deployment: Deployment;
  to: { revision: number; version: string };
  onClose: () => void;
}

/** Says what going back means, and does it; the rollout that brings it back is shown then. */
export function RollBack({ deployment, to, onClose }: RollBackProps) {
  const { id, name, environment, version, activeRollout } = deployment;
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const send = useMutation({
    mutationFn: () => {
      const body = { toRevision: to.revision, ...(reason.trim() !== "" && { reason: reason.trim() }) };
      return ok(sluice.http.POST("/v1/deployments/{id}/rollback", { params: { path: { id } }, body }));
    },
    onSuccess: (rollout) => {
      queries.setQueryData(rolloutQuery(rollout.id).queryKey, rollout);
      void navigate({ to: "/rollouts/$id", params: { id: rollout.id } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send.mutate();
  };
  const words = [
    `A new rollout brings ${name} in ${environment} from version ${version} back to what revision ${to.revision} was: version ${to.version} with its configuration of then.`,
    "Replicas stay as they are.",
    ...(activeRollout === null ? [] : ["The rollout that is under way is replaced."]),
  ];
  return (
    <Dialog open onClose={onClose} title={`Roll back to r${to.revision}?`} description={words.join(" ")}>
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Why (others will read it)"
          value={reason}
          maxLength={1_000}
          onChange={(event) => setReason(event.target.value)}
        />
        <FormProblem error={send.error} />
        <FormActions submit="Roll back" tone="danger" busy={send.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}
