import { isTerminal, type StopCause } from "@sluice/core";
import type { AttemptResult, StoredAttempt } from "../attempt.store.ts";
import { isSluiceProblem } from "./problem.ts";
import { inRouteUrl } from "./route.url.ts";
import { failed, type StepContext, type StepDeps, type StepOutcome, succeeded } from "./step.types.ts";

/** How the rollout that a step began stands, as the step's outcome. */
export async function lookAtRollout(
  deps: StepDeps,
  { stored }: StepContext,
  { result }: StoredAttempt,
  waitFor: "completed" | "monitoring",
): Promise<StepOutcome | null> {
  const { outputs = {}, rollout: id } = result;
  if (id === undefined) return succeeded({ outputs });
  const { phase, reason, deployment } = await deps.services.rollouts.get(stored.principal, id);
  if (isTerminal(phase) && phase !== "completed") {
    return failed(`rollout ${id} ended ${phase}${reason === null ? "" : `: ${reason}`}`, { outputs, rollout: id });
  }
  if (phase !== "completed" && !(phase === "monitoring" && waitFor === "monitoring")) return null;
  return succeeded({ rollout: id, outputs: { ...outputs, ...(await inRouteUrl(deps, deployment)) } });
}

/** A stage that is given up takes its rollout with it. */
export async function stopRollout(
  { services }: StepDeps,
  { stored, stage }: StepContext,
  { result }: StoredAttempt,
  cause: StopCause,
): Promise<void> {
  if (result.rollout === undefined) return;
  const why = cause === "cancelled" ? "was cancelled" : "took too long";
  const comment = `${cause === "timeout" ? `stage ${stage.name} of run` : "run"} ${stored.run.id} ${why}`;
  try {
    await services.rollouts.command(stored.principal, result.rollout, "cancel", { comment });
  } catch (error) {
    // It has ended by itself, or is on its way back already.
    if (!isSluiceProblem(error)) throw error;
  }
}

/** What a step that began a rollout, or found nothing to roll out, knows at once. */
export const begunWith = (
  deployment: { id: string; name: string; environment: string },
  rollout: { id: string; toVersion: string; toRevision: number } | null,
): AttemptResult => ({
  ...(rollout !== null && { rollout: rollout.id }),
  outputs: {
    deployment: deployment.id,
    name: deployment.name,
    environment: deployment.environment,
    ...(rollout !== null && {
      rollout: rollout.id,
      version: rollout.toVersion,
      revision: String(rollout.toRevision),
    }),
    changed: String(rollout !== null),
  },
});
