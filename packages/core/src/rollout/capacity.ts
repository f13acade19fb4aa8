import { isAsDelivered } from "../deployment/drift.ts";
import type { Step } from "../strategy/strategy.types.ts";
import { FULL_WEIGHT, type Weight } from "../traffic/split.ts";
import type { Facts, InstancesFact } from "./facts.ts";
import type { Rollout } from "./rollout.ts";

/** While traffic returns, a ready instance of stable takes at most a quarter more than its planned share. */
const OVERLOAD = 1.25;

/** Replicas a revision needs to carry everything. Never zero while a rollout goes on (edge case 16). */
export const fullReplicas = (facts: Facts): number => Math.max(1, facts.replicas);

/** Ready instances that can be counted on: those of a revision that is being removed cannot (edge case 47). */
export const readyCount = (fact: InstancesFact | null): number =>
  fact === null || fact.desired === 0 ? 0 : fact.ready;

/** The share of all traffic that a step wants the candidate sized for; null when it says nothing about size. */
function sizing(step: Step): Weight | null {
  if (step.type === "setWeight" || step.type === "mirror") return step.weight;
  if (step.type === "scale") return Math.ceil((step.percentage * FULL_WEIGHT) / 100);
  // How many callers a match meets is not known beforehand.
  return step.type === "switch" || step.type === "match" ? FULL_WEIGHT : null;
}

/**
 * Replicas the candidate should have now: enough for the largest share of any step so far, and before the first of them
 * enough for that one. It follows the wanted number at any time, paused or not, so the ratio is kept (edge cases 14–16),
 * and it never shrinks because a weight fell.
 */
export function candidateReplicas(rollout: Rollout, facts: Facts): number {
  if (rollout.phase === "monitoring") return fullReplicas(facts);
  const begun = rollout.steps.filter((step) => step.startedAt !== null).map(sizing);
  const first = rollout.steps
    .filter((step) => step.status !== "skipped")
    .map(sizing)
    .find((share) => share !== null);
  const share = Math.max(first ?? 0, ...begun.map((weight) => weight ?? 0));
  return Math.max(1, Math.ceil((fullReplicas(facts) * share) / FULL_WEIGHT));
}

/**
 * Whether the candidate has the instances it should have by now, as the runtime sees its latest order. Those of a revision that
 * somebody else changed may run anything (edge case 51).
 */
export function candidateIsReady(rollout: Rollout, facts: Facts): boolean {
  const wanted = candidateReplicas(rollout, facts);
  const fact = facts.candidate;
  return fact !== null && fact.desired >= wanted && fact.ready >= wanted && isAsDelivered(fact);
}

/** The least that the candidate must keep for now so that stable's ready instances are not overrun (edge case 9). */
export function leastCandidateWeight(facts: Facts): Weight {
  const share = (readyCount(facts.stable) * OVERLOAD) / fullReplicas(facts);
  return Math.max(0, FULL_WEIGHT - Math.floor(FULL_WEIGHT * share));
}
