import { advanceRun, type Condition, type Instant, isRunEnded, SluiceError, takesPlace } from "@sluice/core";
import { reportRun } from "./run.events.ts";
import { attemptFacts, begin, condition, type ObserveDeps, stop } from "./run.observe.ts";
import { findRun, type StoredRun, saveRun, takeRun } from "./run.store.ts";

/** So many steps in one go; what is left is left to the next. */
const MOST_ROUNDS = 50;
/** A run with something under way is looked at this often, whatever else is heard of it. Milliseconds. */
const LOOK_AGAIN = 1_000;

export interface Places {
  /** Commands that may begin beside those that run; the run's own are counted anew. */
  free(run: string): number;
  /** Commands of the run that are under way. */
  take(run: string, count: number): void;
}

/** What the next look has to know. */
export interface Reconciled {
  ended: boolean;
  wakeAt: Instant | null;
  /** As which the run was last seen. */
  rowVersion: number;
}

/** Load, observe, advance, persist, apply, until nothing more can be done now. Every effect is written down before it happens. */
export async function reconcileRun(deps: ObserveDeps, places: Places, id: string): Promise<Reconciled> {
  const conditions = new Map<string, Condition>();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const stored = await findRun(deps.db, id);
    if (stored === null || isRunEnded(stored.run.status)) {
      places.take(id, 0);
      return { ended: true, wakeAt: null, rowVersion: stored?.rowVersion ?? 0 };
    }
    if (stored.node !== deps.node) await takeRun(deps.db, id, deps.node);
    const now = deps.now();
    const facts = {
      conditions,
      attempts: await attemptFacts(deps, stored),
      places: places.free(id) - commandsOf(stored),
    };
    const { run, effects, events, wakeAt } = advanceRun(stored.spec, stored.run, facts, now);
    const moved = run !== stored.run;
    if (moved && !(await persist(deps, { ...stored, run }, events, now))) continue;
    const next = { ...stored, run };
    places.take(id, commandsOf(next));
    for (const effect of effects) {
      if (effect.type === "evaluate") conditions.set(effect.task, await condition(deps, next, effect.task));
      else if (effect.type === "begin") await begin(deps, next, effect.task, effect.attempt);
      else await stop(deps, next, effect);
    }
    // What was begun or moved may be news for what comes behind it.
    if (moved || effects.some(({ type }) => type !== "stop")) continue;
    const active = run.tasks.some(({ status }) => status === "running" || status === "queued");
    const soon = active ? now + LOOK_AGAIN : null;
    return {
      ended: false,
      wakeAt: soon === null ? wakeAt : Math.min(soon, wakeAt ?? soon),
      rowVersion: stored.rowVersion,
    };
  }
  return { ended: false, wakeAt: deps.now(), rowVersion: -1 };
}

const commandsOf = ({ run, spec }: StoredRun): number =>
  run.tasks.filter(({ status, stage }) => status === "running" && takesPlace(spec, stage)).length;

/** False when somebody commanded the run meanwhile: it is looked at again as it is now. */
async function persist(
  deps: ObserveDeps,
  { run, rowVersion }: StoredRun,
  events: Parameters<typeof reportRun>[2],
  now: Instant,
): Promise<boolean> {
  try {
    await deps.db.transaction().execute(async (tx) => {
      await saveRun(tx, run, rowVersion, new Date(now));
      await reportRun(tx, run, events, now);
    });
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === "aborted") return false;
    throw error;
  }
}
