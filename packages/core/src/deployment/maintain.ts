import { HEARTBEAT_MS, RECHECK_MS } from "../rollout/clock.ts";
import { NOTHING_DESIRED } from "../rollout/desired.ts";
import type { Effect } from "../rollout/effect.ts";
import type { InstancesFact, TrafficFact } from "../rollout/facts.ts";
import { instanceEffect } from "../rollout/outstanding.ts";
import type { DesiredState } from "../rollout/rollout.ts";
import type { Instant } from "../time.ts";
import { FULL_WEIGHT, type Split, sameSplit, weightOf } from "../traffic/split.ts";

/** A revision that is kept warm until `at`. */
export interface Retirement {
  revision: number;
  at: Instant;
}

/** A deployment that no rollout holds. */
export interface RestingDeployment {
  /** The last fully promoted revision; null before the first completed rollout. */
  stable: number | null;
  replicas: number;
  stopped: boolean;
  deleting: boolean;
  retiring: readonly Retirement[];
}

export interface RestingFacts {
  /** Every revision that the runtime holds anything of. */
  workloads: readonly InstancesFact[];
  traffic: Pick<TrafficFact, "verified" | "applied" | "split">;
  routed: boolean;
}

export interface Upkeep {
  /** Written before any effect; when that changes what was written, the facts are old and it is worth looking again at once. Revisions at 0 replicas have no instances; those that are not named stay as they are. */
  desired: DesiredState;
  /** `forget`: nothing of a deleted deployment is left in the world. */
  effects: (Effect | { type: "forget" })[];
  wakeAt?: Instant;
}

/**
 * What a deployment should be between rollouts, level-triggered like `advance`: stable at its wanted replicas with all
 * traffic (drift is repaired, edge case 5), retired revisions gone when their time has come, a stopped one without
 * instances but with its route (callers get an answer that says so), a deleted one without traffic, then without
 * instances, then forgotten. Satisfied facts give no effects and no wake, so nothing runs hot (edge case 8).
 */
export function maintain(deployment: RestingDeployment, facts: RestingFacts, now: Instant): Upkeep {
  const { stable, deleting, stopped } = deployment;
  const serving = stable !== null && !deleting;
  const split: Split | null = serving && facts.routed ? [{ revision: stable, weight: FULL_WEIGHT }] : null;
  const keep = serving ? [stable] : [];
  const retiring = deleting || stopped ? [] : deployment.retiring;
  const removed = removable(retiring, facts, keep, now);
  const kept = serving ? [{ revision: stable, replicas: stopped ? 0 : deployment.replicas }] : [];
  const instances = [...kept, ...removed.map((revision) => ({ revision, replicas: 0 }))];
  const desired: DesiredState = { ...NOTHING_DESIRED, instances, split };

  const effects: Upkeep["effects"] = instances
    .map(({ revision, replicas }) => instanceEffect(revision, replicas, factOf(facts, revision)))
    .filter((effect) => effect !== null);
  const settled = trafficSettled(facts, split);
  if (!settled) effects.push({ type: "setTraffic", desired });
  if (deleting && settled && facts.workloads.every((workload) => workload.present === 0))
    effects.push({ type: "forget" });

  const wakes = retiring.filter(({ at }) => at > now).map(({ at }) => at);
  if (effects.length > 0) wakes.push(now + RECHECK_MS);
  // Something is on its way out, or waits for the data plane to be seen without it.
  else if (facts.workloads.some(({ revision }) => isSurplus(revision, retiring, keep, now)))
    wakes.push(now + HEARTBEAT_MS);
  return wakes.length === 0 ? { desired, effects } : { desired, effects, wakeAt: Math.min(...wakes) };
}

/**
 * Revisions whose instances may go now: neither in use nor kept warm, and seen without traffic at the data plane (edge
 * case 21). Also for a deployment that a rollout holds: `inUse` are then the rollout's two revisions and the stable one.
 */
export function removable(
  retiring: readonly Retirement[],
  facts: RestingFacts,
  inUse: readonly number[],
  now: Instant,
): number[] {
  const known = new Set([
    ...facts.workloads.map(({ revision }) => revision),
    ...retiring.map(({ revision }) => revision),
  ]);
  return [...known].filter((revision) => isSurplus(revision, retiring, inUse, now) && hasNoTraffic(facts, revision));
}

const isSurplus = (
  revision: number,
  retiring: readonly Retirement[],
  inUse: readonly number[],
  now: Instant,
): boolean => !inUse.includes(revision) && !retiring.some((entry) => entry.revision === revision && entry.at > now);

function hasNoTraffic({ routed, traffic }: RestingFacts, revision: number): boolean {
  if (!routed) return true;
  return traffic.verified && (traffic.split === null ? traffic.applied : weightOf(traffic.split, revision) === 0);
}

function trafficSettled({ routed, traffic }: RestingFacts, split: Split | null): boolean {
  if (!routed) return true;
  if (!traffic.verified || !traffic.applied) return false;
  return split === null || (traffic.split !== null && sameSplit(traffic.split, split));
}

const factOf = (facts: RestingFacts, revision: number): InstancesFact | null =>
  facts.workloads.find((workload) => workload.revision === revision) ?? null;
