import { FULL_WEIGHT, type Split, type Weight, weightOf } from "../traffic/split.ts";
import type { Rollout, StepState } from "./rollout.ts";

/** A rollout to the revision that serves already: there is one revision, and nothing to compare. */
export const isReturnToStable = (rollout: Rollout): boolean => rollout.fromRevision === rollout.toRevision;

/** Whether checks, gates, tests, steps and analysis are not repeated (edge cases 3, 4). */
export const skipsChecks = (rollout: Rollout): boolean => rollout.fastTrack || isReturnToStable(rollout);

/** The weight that steps ask for one after the other; the last one that says something counts. */
function weightAfter(steps: readonly StepState[]): Weight {
  const weights = steps.map((step) =>
    step.type === "setWeight" ? step.weight : step.type === "switch" ? FULL_WEIGHT : null,
  );
  return weights.findLast((weight) => weight !== null) ?? 0;
}

export const begunSteps = (rollout: Rollout): StepState[] => rollout.steps.filter((step) => step.startedAt !== null);

/** Weight that the steps begun so far want the candidate to have, a holdback aside. */
export const targetWeight = (rollout: Rollout): Weight => weightAfter(begunSteps(rollout));

/** Whether the rollout ends with the candidate serving. A shadow, or an A/B test that promotes nobody, ends with stable. */
export const promotes = (rollout: Rollout): boolean =>
  weightAfter(rollout.steps.filter((step) => step.status !== "skipped" || step.startedAt !== null)) === FULL_WEIGHT;

/** Whether any request may have reached the candidate because of this rollout. */
export const wasExposed = (rollout: Rollout): boolean =>
  begunSteps(rollout).some((step) => ["setWeight", "switch", "match", "mirror"].includes(step.type));

/** The candidate's weight in a split that may not be known. */
export const candidateWeight = (rollout: Rollout, split: Split | null): Weight =>
  split === null ? 0 : weightOf(split, rollout.toRevision);
