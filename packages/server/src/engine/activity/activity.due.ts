import type { Effect, Instant, Rollout } from "@sluice/core";
import { type ActivityKind, type Demand, demandOf, type StoredActivity } from "./activity.store.ts";

/**
 * Gates that wait for figures are asked again at once when an evaluation was recorded, when anything else woke the deployment
 * after the first of these, and in any case after the second. Milliseconds.
 */
const ASK_AGAIN = { earliest: 500, latest: 3_000 };
/** Work that broke is begun again after 1, 2, 4 … 30 seconds. */
const RETRY = { first: 1_000, last: 30_000 };

const WANTED_BY: Readonly<Partial<Record<Effect["type"], ActivityKind>>> = {
  validate: "checks",
  evaluateGates: "gates",
  runTests: "tests",
  migrate: "migrations",
};

/** Long work to begin now, and when to look again for some that is due later. */
export interface Due {
  begin: Demand | null;
  wakeAt: Instant | null;
}

/** What the effects of a rollout ask for, given what is on disk. Work that runs, or whose result is not in doubt, is not due. */
export function dueActivity(
  rollout: Rollout,
  effects: readonly Effect[],
  known: StoredActivity | null,
  now: Instant,
): Due {
  const kind = effects.map((effect) => WANTED_BY[effect.type]).find((wanted) => wanted !== undefined);
  if (kind === undefined) return { begin: null, wakeAt: null };
  const wanted = demandOf(rollout, kind);
  if (known?.kind !== kind || known.demand !== wanted.demand) return { begin: wanted, wakeAt: null };
  if (known.status === "running" || known.finishedAt === null) return { begin: null, wakeAt: null };
  if (known.status === "failed") {
    const due = known.finishedAt + Math.min(RETRY.last, RETRY.first * 2 ** Math.max(0, known.unfinished - 1));
    return now >= due ? { begin: wanted, wakeAt: null } : { begin: null, wakeAt: due };
  }
  if (kind !== "gates") return { begin: null, wakeAt: null };
  if (known.stale || now >= known.finishedAt + ASK_AGAIN.earliest) return { begin: wanted, wakeAt: null };
  return { begin: null, wakeAt: known.finishedAt + ASK_AGAIN.latest };
}
