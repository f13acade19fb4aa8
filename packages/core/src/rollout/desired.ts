import type { Instant } from "../time.ts";
import type { Pin } from "../traffic/route.ts";
import { FULL_WEIGHT, type Split, splitBetween, type Weight } from "../traffic/split.ts";
import { bakeLeft, holdbackWeight } from "./bake.ts";
import { candidateIsReady, candidateReplicas, fullReplicas, readyCount } from "./capacity.ts";
import { begunSteps, candidateWeight, isReturnToStable, skipsChecks, targetWeight } from "./course.ts";
import type { Facts } from "./facts.ts";
import type { DesiredState, Rollout } from "./rollout.ts";

/** Before a rollout wants anything of the world. */
export const NOTHING_DESIRED: DesiredState = {
  instances: [],
  split: null,
  mirror: null,
  pins: [],
  preview: null,
  guard: null,
};

/** The weight that the candidate is to have now, as far as instances allow: what the steps want, short of a holdback, or what a failure left it at. */
export const wantedWeight = (rollout: Rollout, now: Instant): Weight =>
  rollout.heldWeight ?? Math.min(targetWeight(rollout), FULL_WEIGHT - holdbackWeight(rollout, now));

/** What the world should look like on the way forward, at the step that is reached. */
export function forwardDesired(rollout: Rollout, facts: Facts, now: Instant): DesiredState {
  const { fromRevision, toRevision } = rollout;
  const candidate = { revision: toRevision, replicas: candidateReplicas(rollout, facts) };
  const alone = fromRevision === null || isReturnToStable(rollout);
  const instances = alone ? [candidate] : [{ revision: fromRevision, replicas: fullReplicas(facts) }, candidate];
  if (!facts.routed) return { ...NOTHING_DESIRED, instances };
  const present = readyCount(facts.candidate) > 0;
  const watched = rollout.phase !== "monitoring" || bakeLeft(rollout, now) > 0;
  return {
    instances,
    split: forwardSplit(rollout, facts, now),
    mirror: present ? mirrorOf(rollout) : null,
    pins: present ? pinsOf(rollout) : [],
    preview: present ? previewOf(rollout) : null,
    guard: alone || skipsChecks(rollout) || !watched ? null : rollout.id,
  };
}

function forwardSplit(rollout: Rollout, facts: Facts, now: Instant): Split | null {
  const { fromRevision, toRevision, desired } = rollout;
  // A first delivery gets traffic when it is ready, not before; from then on it is the only copy (edge case 11).
  if (fromRevision === null) {
    const wanted = wantedWeight(rollout, now) === FULL_WEIGHT && candidateIsReady(rollout, facts);
    return wanted ? splitBetween(null, toRevision, FULL_WEIGHT) : desired.split;
  }
  return splitBetween(fromRevision, toRevision, forwardWeight(rollout, facts, now));
}

function forwardWeight(rollout: Rollout, facts: Facts, now: Instant): Weight {
  const current = candidateWeight(rollout, rollout.desired.split);
  const target = wantedWeight(rollout, now);
  const stableReady = readyCount(facts.stable) > 0;
  const candidateReady = readyCount(facts.candidate) > 0;
  // Traffic is never handed to a revision without a ready instance while the other has one (edge cases 17, 18, 22, 23).
  if (!candidateReady) return stableReady ? 0 : Math.min(current, target);
  if (target < current) return stableReady ? target : current;
  return candidateIsReady(rollout, facts) ? target : current;
}

function mirrorOf(rollout: Rollout): DesiredState["mirror"] {
  const step = begunSteps(rollout).findLast((candidate) => candidate.type === "mirror");
  return step?.type === "mirror" && step.weight > 0 ? { revision: rollout.toRevision, weight: step.weight } : null;
}

/** The last match in force. A later weight of everything or nothing makes it pointless. */
function pinsOf(rollout: Rollout): Pin[] {
  const relevant = begunSteps(rollout).filter(
    (step) =>
      step.type === "match" || step.type === "switch" || (step.type === "setWeight" && step.weight % FULL_WEIGHT === 0),
  );
  const last = relevant.at(-1);
  if (last?.type !== "match") return [];
  const { headers, cookies, region } = last;
  return [{ revision: rollout.toRevision, headers, cookies, ...(region === undefined ? {} : { region }) }];
}

/** The second path of a blue-green rollout leads to the candidate for as long as its preview header does. */
function previewOf(rollout: Rollout): DesiredState["preview"] {
  const { strategy, toRevision } = rollout;
  if (strategy.type !== "blue-green" || strategy.previewRoute === null || pinsOf(rollout).length === 0) return null;
  return { path: strategy.previewRoute, revision: toRevision };
}
