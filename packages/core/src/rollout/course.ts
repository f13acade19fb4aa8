import type { Strategy } from "../strategy/strategy.types.ts";
import { FULL_WEIGHT, type Split, type Weight, weightOf } from "../traffic/split.ts";
import type { Rollout, StepState } from "./rollout.ts";

/** A rollout to the revision that serves already: there is one revision, and nothing to compare. */
export const isReturnToStable = (rollout: Rollout): boolean => rollout.fromRevision === rollout.toRevision;

/** Whether checks, gates, tests, steps and analysis are not repeated (edge cases 3, 4). */
export const skipsChecks = (rollout: Rollout): boolean => rollout.fastTrack || isReturnToStable(rollout);

/** The same, or the rollout to several targets that it is part of answers for them. */
export const isCheckedElsewhere = (rollout: Rollout): boolean => skipsChecks(rollout) || rollout.partOf !== null;

/** The weight that steps ask for one after the other; the last one that says something counts. */
function weightAfter(steps: readonly StepState[], strategy: Strategy): Weight {
  return steps.map((step) => weightOfStep(step, strategy)).findLast((weight) => weight !== null) ?? 0;
}

function weightOfStep(step: StepState, strategy: Strategy): Weight | null {
  if (step.type === "setWeight") return step.weight;
  if (step.type === "switch") return FULL_WEIGHT;
  return step.type === "wave" && !keepsStable(strategy) ? FULL_WEIGHT : null;
}

/** Whether a rollout under this strategy ends with stable serving, whatever is found. */
const keepsStable = (strategy: Strategy): boolean =>
  strategy.type === "shadow" || (strategy.type === "ab" && !strategy.promoteWinner);

export const begunSteps = (rollout: Rollout): StepState[] => rollout.steps.filter((step) => step.startedAt !== null);

/** Weight that the steps begun so far want the candidate to have, a holdback aside. */
export const targetWeight = (rollout: Rollout): Weight => weightAfter(begunSteps(rollout), rollout.strategy);

/** Whether the rollout ends with the candidate serving. A shadow, or an A/B test that promotes nobody, ends with stable. */
export const promotes = (rollout: Rollout): boolean => {
  const counted = rollout.steps.filter((step) => step.status !== "skipped" || step.startedAt !== null);
  return weightAfter(counted, rollout.strategy) === FULL_WEIGHT;
};

/** Whether any request may have reached the candidate because of this rollout. */
export const wasExposed = (rollout: Rollout): boolean =>
  begunSteps(rollout).some((step) => ["setWeight", "switch", "match", "mirror"].includes(step.type));

/** The candidate's weight in a split that may not be known. */
export const candidateWeight = (rollout: Rollout, split: Split | null): Weight =>
  split === null ? 0 : weightOf(split, rollout.toRevision);
