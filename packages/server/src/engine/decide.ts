import {
  advance,
  afterOutage,
  type Effect,
  type Instant,
  isTerminal,
  type Phase,
  type Rollout,
  type RolloutEvent,
  removable,
  type TargetOrder,
} from "@sluice/core";
import type { StoredRollout } from "../rollout/rollout.store.ts";
import type { DesiredTraffic } from "../routing/route.store.ts";
import { trafficOf } from "../routing/traffic.ts";
import { dueActivity } from "./activity/activity.due.ts";
import type { Demand } from "./activity/activity.store.ts";
import { checksTakeLong } from "./activity/checks.long.ts";
import type { Loaded } from "./load.ts";
import { factsFor, type Observation, restingFacts, retirements } from "./observe.ts";
import { countedOf, rememberSamples } from "./samples.ts";

/** One event with the rollout it is about; null for what the keeper of a resting deployment did. */
export interface DecidedEvent extends RolloutEvent {
  rollout: string | null;
}

/** What one reconcile wants written. Absent or empty: leave it as it is. */
export interface Decision {
  rollouts: { stored: StoredRollout; next: Rollout }[];
  events: DecidedEvent[];
  /** Wanted instances; revisions that are not named are left alone. */
  instances: { revision: number; replicas: number }[];
  retire: { revision: number; at: Instant }[];
  traffic: DesiredTraffic | null;
  stable: number | null;
  /** Hooks of the first rollout to call, by step. */
  hooks: Extract<Effect, { type: "callHook" }>[];
  /** What is to be done at the targets of the first rollout. */
  orders: TargetOrder[];
  /** Long work of the first rollout to begin. */
  begin: Demand | null;
  /** Nothing of the deployment is left in the world: forget it. */
  forget: boolean;
  wakeAt: Instant | null;
  /** Whether the facts may be others at once, so that looking again now is worth it. */
  again: boolean;
}

export const NOTHING_DECIDED: Decision = {
  rollouts: [],
  events: [],
  instances: [],
  retire: [],
  traffic: null,
  stable: null,
  hooks: [],
  orders: [],
  begin: null,
  forget: false,
  wakeAt: null,
  again: false,
};

/** Milliseconds between two looks at what an A/B test measures. */
const GOAL_EVERY = 2_000;

/** Phases in which a rollout, not the keeper, says what the route is. */
const SPEAKS_OF_TRAFFIC: readonly Phase[] = ["preparing", "testing", "shifting", "monitoring", "rolling_back"];

/** Advances every active rollout of the deployment: the first one holds it, the others wait behind it. */
export function decideRollouts(loaded: Loaded, observed: Observation, now: Instant): Decision {
  const decision: Decision = { ...NOTHING_DECIDED, rollouts: [], events: [] };
  for (const [index, stored] of loaded.rollouts.entries()) {
    const rollout = afterOutage(stored.rollout, observed.outageMs);
    const facts = factsFor(rollout, loaded, observed, now);
    const advanced = advance(rollout, facts, now);
    const next = rememberSamples(stored.rollout, advanced.rollout, countedOf(facts.guard, facts.judge));
    if (next !== stored.rollout) decision.rollouts.push({ stored, next });
    decision.events.push(...advanced.events.map((event) => ({ ...event, rollout: next.id })));
    decision.wakeAt = earlier(decision.wakeAt, advanced.wakeAt ?? null);
    decision.again ||= movesOn(stored.rollout, next) || (advanced.wakeAt !== undefined && advanced.wakeAt <= now);
    if (index === 0) {
      const guards = { many: observed.guards, known: loaded.route?.desired.guard ?? null };
      holdDeployment(decision, stored.rollout, next, advanced.effects, guards);
      // Checks that take no time were made while this was observed, or are when it is observed again.
      const effects = advanced.effects.filter(({ type }) => type !== "validate" || checksTakeLong(loaded));
      const due = dueActivity(next, effects, loaded.activity, now);
      decision.begin = due.begin;
      decision.wakeAt = earlier(decision.wakeAt, due.wakeAt);
      // Reports of goals wake nobody, as evidence looked at because of an outcome is none: the clock looks.
      if (facts.goal !== null) decision.wakeAt = earlier(decision.wakeAt, now + GOAL_EVERY);
      const inUse = [next.fromRevision, next.toRevision, loaded.deployment.stableRevision].filter(
        (number) => number !== null,
      );
      const surplus = removable(retirements(loaded), restingFacts(loaded, observed), inUse, now);
      decision.instances = [...decision.instances, ...surplus.map((revision) => ({ revision, replicas: 0 }))];
    }
  }
  return decision;
}

/** What the rollout that holds the deployment wants of the world. */
function holdDeployment(
  decision: Decision,
  before: Rollout,
  next: Rollout,
  effects: readonly Effect[],
  guards: Parameters<typeof trafficOf>[1],
): void {
  decision.instances = next.desired.instances;
  if (SPEAKS_OF_TRAFFIC.includes(next.phase) || (isTerminal(next.phase) && SPEAKS_OF_TRAFFIC.includes(before.phase))) {
    decision.traffic = trafficOf(next, guards);
  }
  for (const effect of effects) {
    if (effect.type === "declareStable") decision.stable = effect.revision;
    if (effect.type === "retire") decision.retire = [...decision.retire, effect];
    if (effect.type === "orderTarget") decision.orders = [...decision.orders, effect];
    if (effect.type === "callHook") decision.hooks = [...decision.hooks, effect];
  }
}

/** A change after which another decision may follow at once; new figures of the guard alone are not one. */
function movesOn(before: Rollout, next: Rollout): boolean {
  return (
    before.phase !== next.phase ||
    before.step !== next.step ||
    before.steps[before.step]?.status !== next.steps[next.step]?.status ||
    JSON.stringify(before.desired) !== JSON.stringify(next.desired)
  );
}

export const earlier = (left: Instant | null, right: Instant | null): Instant | null =>
  left === null ? right : right === null ? left : Math.min(left, right);
