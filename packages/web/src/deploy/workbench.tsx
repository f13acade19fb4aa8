import type { Environment } from "@sluice/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useTell } from "../ui/toast.tsx";
import { type Asked, askedBy, takesFor, type Written } from "./asked.ts";
import { type Draft, draftFrom } from "./draft.ts";
import { usualStrategy } from "./kind.ts";
import { ManifestCard } from "./manifest.card.tsx";
import { FreeParametersCard, ParametersCard } from "./parameters.card.tsx";
import { textOf } from "./parameters.ts";
import { PlanCard } from "./plan.card.tsx";
import { WithProblems } from "./problems.ts";
import { consequence, refusalOf } from "./refusal.ts";
import { RunCard } from "./run.card.tsx";
import { StrategyCard } from "./strategy.card.tsx";
import { usePlan } from "./use-plan.ts";

interface WorkbenchProps extends Omit<Written, "draft" | "baseline" | "environment"> {
  environment: Environment;
  /** A new deployment's, to begin with. */
  name: string;
  path: string;
  /** Parameters to begin with where none are there. */
  example: Readonly<Record<string, unknown>> | undefined;
  /** What was chosen, above the form. */
  children: ReactNode;
}

/** The form, with what it comes to beside it. Another artifact, place or deployment begins it anew. */
export function Workbench({ environment, name, path, example, children, ...chosen }: WorkbenchProps) {
  const { target } = chosen;
  const takes = takesFor(chosen);
  const [draft, setDraft] = useState<Draft>(() => begin(chosen, { name, path, example }));
  const [baseline, setBaseline] = useState({ requests: "", errors: "" });
  const asked = askedBy({ ...chosen, environment: environment.name, draft, baseline });
  const { plan, settled } = usePlan(asked.plan, asked.blanks.length === 0);
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
  const isServing = target?.split.some(({ role }) => role === "stable") ?? false;
  return (
    <WithProblems value={{ blanks: asked.blanks, error: plan.error }}>
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0 space-y-4">
          {children}
          <RunCard draft={draft} takes={takes} isNew={target === null} onDraft={change} />
          {takes.parameters && chosen.parameters !== null && (
            <ParametersCard
              parameters={chosen.parameters}
              written={draft.parameters}
              onWritten={(parameters) => change({ parameters })}
              field="config.parameters"
            />
          )}
          {takes.parameters && chosen.parameters === null && (
            <FreeParametersCard pairs={draft.freeParameters} onPairs={(freeParameters) => change({ freeParameters })} />
          )}
          <StrategyCard
            draft={draft.strategy}
            usual={usualStrategy(environment, isServing)}
            allowed={environment.protection.allowedStrategies}
            takes={takes}
            isFirst={!isServing}
            onDraft={(strategy) => change({ strategy })}
          />
        </div>
        <div className="min-w-0 space-y-4 xl:sticky xl:top-18">
          <PlanCard
            blanks={asked.blanks}
            plan={plan.data}
            error={plan.error}
            settled={settled}
            replicas={asked.replicas}
            baseline={baseline}
            onBaseline={setBaseline}
          />
          <DeployButton
            asked={asked}
            plan={plan.data}
            refusal={refusalOf({
              blanks: asked.blanks,
              plan: plan.data,
              error: plan.error,
              settled,
              replicas: asked.replicas,
            })}
          />
          <ManifestCard text={asked.manifest} isComplete={asked.blanks.length === 0} />
        </div>
      </div>
    </WithProblems>
  );
}

function begin(
  { base, artifact: { kind } }: Pick<Written, "base" | "artifact">,
  { name, path, example }: Pick<WorkbenchProps, "name" | "path" | "example">,
): Draft {
  const draft = draftFrom(base, { name, path });
  if (base !== undefined) return draft;
  // Collectors answer there, all of them.
  const collector = kind === "pipeline" ? { ...draft, health: { ...draft.health, path: "/healthz" } } : draft;
  if (example === undefined) return collector;
  const parameters = Object.entries(example).map(([parameter, value]) => [parameter, textOf(value)]);
  return { ...collector, parameters: Object.fromEntries(parameters) };
}

interface DeployProps {
  asked: Asked;
  plan: ReturnType<typeof usePlan>["plan"]["data"];
  /** Why it cannot be deployed now. */
  refusal: string | null;
}

/** Asks once more, says what will happen, and goes to the rollout. */
function DeployButton({ asked, plan, refusal }: DeployProps) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const tell = useTell();
  const [confirming, setConfirming] = useState(false);
  const deploy = useMutation({
    mutationFn: () => send(asked),
    onSuccess: ({ deployment, rollout }) => {
      void queries.invalidateQueries({ queryKey: ["deployments"] });
      void (rollout == null
        ? navigate({ to: "/deployments/$id", params: { id: deployment.id } })
        : navigate({ to: "/rollouts/$id", params: { id: rollout.id } }));
    },
    onError: (error) => {
      tell({ tone: "bad", title: "Not deployed", detail: error.message });
      // The plan was another one a moment ago: it says why by itself.
      void queries.invalidateQueries({ queryKey: ["plan"] });
    },
  });
  return (
    <>
      <Button
        tone="primary"
        className="w-full"
        refused={refusal}
        busy={deploy.isPending || deploy.isSuccess}
        onClick={() => setConfirming(true)}
      >
        Deploy
      </Button>
      {confirming && plan !== undefined && (
        <Dialog
          open
          onClose={() => setConfirming(false)}
          title={`Deploy ${plan.deployment} ${plan.toVersion} to ${plan.environment}?`}
          description={consequence(plan, asked.replicas)}
        >
          <div className="flex justify-end gap-2">
            <Button onClick={() => setConfirming(false)}>Cancel</Button>
            <Button
              tone="primary"
              autoFocus
              onClick={() => {
                setConfirming(false);
                deploy.mutate();
              }}
            >
              Deploy
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

async function send({ send: body }: Asked) {
  if ("create" in body) return ok(sluice.http.POST("/v1/deployments", { body: body.create }));
  return ok(sluice.http.PATCH("/v1/deployments/{id}", { params: { path: { id: body.id } }, body: body.update }));
}
