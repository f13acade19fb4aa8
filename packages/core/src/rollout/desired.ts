import type { Pin } from "../traffic/route.ts";
import { FULL_WEIGHT, type Split, splitBetween, type Weight, weightOf } from "../traffic/split.ts";
import { candidateIsReady, candidateReplicas, fullReplicas, readyCount } from "./capacity.ts";
import type { Facts } from "./facts.ts";
import type { DesiredState, Rollout, StepState } from "./rollout.ts";

/** Before a rollout wants anything of the world. */
export const NOTHING_DESIRED: DesiredState = { instances: [], split: null, mirror: null, pins: [], guard: null };

/** A rollout to the revision that serves already: there is one revision, and nothing to compare. */
export const isReturnToStable = (rollout: Rollout): boolean => rollout.fromRevision === rollout.toRevision;

/** Whether checks, gates, steps and analysis are not repeated (edge cases 3, 4). */
export const skipsChecks = (rollout: Rollout): boolean => rollout.fastTrack || isReturnToStable(rollout);

/** The weight that steps ask for one after the other; the last one that says something counts. */
function weightAfter(steps: readonly StepState[]): Weight {
  const weights = steps.map((step) =>
    step.type === "setWeight" ? step.weight : step.type === "switch" ? FULL_WEIGHT : null,
  );
  return weights.findLast((weight) => weight !== null) ?? 0;
}

const begun = (rollout: Rollout): StepState[] => rollout.steps.filter((step) => step.startedAt !== null);

/** Weight that the steps begun so far want the candidate to have. */
export const targetWeight = (rollout: Rollout): Weight => weightAfter(begun(rollout));

/** Whether the rollout ends with the candidate serving. A shadow, or an A/B test that promotes nobody, ends with stable. */
export const promotes = (rollout: Rollout): boolean =>
  weightAfter(rollout.steps.filter((step) => step.status !== "skipped" || step.startedAt !== null)) === FULL_WEIGHT;

/** Whether any request may have reached the candidate because of this rollout. */
export const wasExposed = (rollout: Rollout): boolean =>
  begun(rollout).some((step) => ["setWeight", "switch", "match", "mirror"].includes(step.type));

/** The candidate's weight in a split that may not be known. */
export const candidateWeight = (rollout: Rollout, split: Split | null): Weight =>
  split === null ? 0 : weightOf(split, rollout.toRevision);

/** What the world should look like on the way forward, at the step that is reached, and whether the guard is to watch. */
export function forwardDesired(rollout: Rollout, facts: Facts, watched: boolean): DesiredState {
  const { fromRevision, toRevision } = rollout;
  const candidate = { revision: toRevision, replicas: candidateReplicas(rollout, facts) };
  const alone = fromRevision === null || isReturnToStable(rollout);
  const instances = alone ? [candidate] : [{ revision: fromRevision, replicas: fullReplicas(facts) }, candidate];
  if (!facts.routed) return { ...NOTHING_DESIRED, instances };
  const present = readyCount(facts.candidate) > 0;
  return {
    instances,
    split: forwardSplit(rollout, facts),
    mirror: present ? mirrorOf(rollout) : null,
    pins: present ? pinsOf(rollout) : [],
    guard: alone || skipsChecks(rollout) || !watched ? null : rollout.id,
  };
}

function forwardSplit(rollout: Rollout, facts: Facts): Split | null {
  const { fromRevision, toRevision, desired } = rollout;
  // A first delivery gets traffic when it is ready, not before; from then on it is the only copy (edge case 11).
  if (fromRevision === null) {
    const wanted = targetWeight(rollout) === FULL_WEIGHT && candidateIsReady(rollout, facts);
    return wanted ? splitBetween(null, toRevision, FULL_WEIGHT) : desired.split;
  }
  return splitBetween(fromRevision, toRevision, forwardWeight(rollout, facts));
}

function forwardWeight(rollout: Rollout, facts: Facts): Weight {
  const current = candidateWeight(rollout, rollout.desired.split);
  const target = targetWeight(rollout);
  const stableReady = readyCount(facts.stable) > 0;
  const candidateReady = readyCount(facts.candidate) > 0;
  // Traffic is never handed to a revision without a ready instance while the other has one (edge cases 17, 18, 22, 23).
  if (!candidateReady) return stableReady ? 0 : Math.min(current, target);
  if (target < current) return stableReady ? target : current;
  return candidateIsReady(rollout, facts) ? target : current;
}

function mirrorOf(rollout: Rollout): DesiredState["mirror"] {
  const step = begun(rollout).findLast((candidate) => candidate.type === "mirror");
  return step?.type === "mirror" && step.weight > 0 ? { revision: rollout.toRevision, weight: step.weight } : null;
}

/** The last match in force. A later weight of everything or nothing makes it pointless. */
function pinsOf(rollout: Rollout): Pin[] {
  const relevant = begun(rollout).filter(
    (step) =>
      step.type === "match" || step.type === "switch" || (step.type === "setWeight" && step.weight % FULL_WEIGHT === 0),
  );
  const last = relevant.at(-1);
  return last?.type === "match" ? [{ revision: rollout.toRevision, headers: last.headers, cookies: last.cookies }] : [];
}
