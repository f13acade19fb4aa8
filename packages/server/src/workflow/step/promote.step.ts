import { fillTemplates, type PromoteStep } from "@sluice/core";
import { begunWith, lookAtRollout, stopRollout } from "./rollout.step.ts";
import type { StepContext, StepDeps, StepWork } from "./step.types.ts";

/** Delivers what serves in one environment to another. */
export const promoteStep = (deps: StepDeps): StepWork => ({
  async begin(context) {
    const { principal, run } = context.stored;
    const { deployment, from, to, route, strategy } = stepOf(context);
    const name = { id: deployment, project: run.project, environment: from };
    const promoted = await deps.services.deployments.promote(principal, name, { environment: to, route, strategy });
    return begunWith(promoted.deployment, promoted.rollout);
  },
  look: (context, attempt) => lookAtRollout(deps, context, attempt, stepOf(context).waitFor),
  stop: (context, attempt, cause) => stopRollout(deps, context, attempt, cause),
});

function stepOf({ stage, values }: StepContext): PromoteStep {
  if (stage.promote === undefined) throw new TypeError(`stage ${stage.name} promotes nothing`);
  return fillTemplates(stage.promote, values);
}
