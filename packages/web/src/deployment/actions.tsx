import type { Deployment } from "@sluice/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { problemAt } from "../api/problems.ts";
import { deploymentQuery } from "../api/queries.ts";
import { useRefusal } from "../app/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { FormProblem } from "../ui/form-problem.tsx";
import { useTell } from "../ui/toast.tsx";
import { ACT_LABELS, ACTS, type Act, consequenceOf, isMeant, notNow } from "./commands.ts";

/** What may be done to the deployment, but for delivering something. */
export function Actions({ deployment }: { deployment: Deployment }) {
  const refusal = useRefusal("deployment.write");
  const [asked, setAsked] = useState<Act | null>(null);
  // What is at one of several targets is commanded through the whole.
  if (refusal !== null || deployment.partOf !== null) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {ACTS.filter((act) => isMeant(deployment, act)).map((act) => (
        <Button
          key={act}
          tone={act === "delete" ? "danger" : "plain"}
          refused={notNow(deployment, act)}
          onClick={() => setAsked(act)}
        >
          {ACT_LABELS[act]}
        </Button>
      ))}
      {asked !== null && <Confirm deployment={deployment} act={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

interface ConfirmProps {
  deployment: Deployment;
  act: Act;
  onClose: () => void;
}

/** Says what will happen, and asks for what it takes: a number to scale, the name to delete. */
function Confirm({ deployment, act, onClose }: ConfirmProps) {
  const [replicas, setReplicas] = useState(String(deployment.replicas));
  const [name, setName] = useState("");
  const send = useAct(deployment, act, onClose);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (act === "delete" && name !== deployment.name) return;
    send.mutate(Number(replicas));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${ACT_LABELS[act]} ${deployment.name}?`}
      description={consequenceOf(deployment, act)}
    >
      <form onSubmit={submit} className="space-y-4">
        {act === "scale" && (
          <TextField
            label="Instances"
            type="number"
            min={1}
            max={1_000}
            required
            value={replicas}
            onChange={(event) => setReplicas(event.target.value)}
            problem={problemAt(send.error, "replicas")}
          />
        )}
        {act === "delete" && (
          <TextField
            label={`Type its name, ${deployment.name}`}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
        <FormProblem error={send.error} />
        <FormActions
          submit={ACT_LABELS[act]}
          tone={act === "delete" || act === "stop" ? "danger" : "primary"}
          busy={send.isPending}
          refused={act === "delete" && name !== deployment.name ? "Its name first" : null}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function useAct({ id, name, project }: Deployment, act: Act, onDone: () => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const tell = useTell();
  const params = { path: { id } };
  return useMutation({
    mutationFn: (replicas: number) => {
      switch (act) {
        case "scale":
          return ok(sluice.http.POST("/v1/deployments/{id}/scale", { params, body: { replicas } }));
        case "restart":
          return ok(sluice.http.POST("/v1/deployments/{id}/restart", { params, body: {} }));
        case "stop":
          return ok(sluice.http.POST("/v1/deployments/{id}/stop", { params, body: {} }));
        case "start":
          return ok(sluice.http.POST("/v1/deployments/{id}/start", { params, body: {} }));
        case "delete":
          return ok(sluice.http.DELETE("/v1/deployments/{id}", { params }));
      }
    },
    onSuccess: (changed) => {
      queries.setQueryData(deploymentQuery(id).queryKey, changed);
      onDone();
      if (act !== "delete") return;
      tell({ tone: "plain", title: `${name} is being deleted`, detail: "Its traffic first, then its instances." });
      void queries.invalidateQueries({ queryKey: ["deployments", project] });
      void navigate({ to: "/deployments" });
    },
    // What is there now says why, as a rule.
    onError: () => void queries.invalidateQueries(deploymentQuery(id)),
  });
}
