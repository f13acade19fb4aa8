import { setTimeout as delay } from "node:timers/promises";
import type { Instant } from "@sluice/core";
import type pg from "pg";
import { createCelEvaluator } from "../cel/cel.evaluator.ts";
import { createClaims } from "../engine/claims.ts";
import type { EventBell } from "../event/event.bell.ts";
import { nodeId } from "./node.id.ts";
import { type Places, reconcileRun } from "./run.reconcile.ts";
import { runsToKeep } from "./run.store.ts";
import { startSweeper } from "./run.sweeper.ts";
import type { StepDeps } from "./step/step.types.ts";
import { createSteps } from "./step/steps.ts";

export interface KeeperOptions extends Omit<StepDeps, "changed"> {
  pool: pg.Pool;
  bell: EventBell;
  /** Commands that run at the same time. */
  places: number;
  /** Files of runs are kept this long after their end. */
  keepDays: number;
}

export interface Keeper {
  /** Takes up no more. Commands go on, and are found again by the next server. */
  close(): Promise<void>;
}

/** Every run is looked at this often at least, and no more often than that. Milliseconds. */
const LOOK_EVERY = { most: 1_000, least: 30 };
/** A server that was not seen for so long is gone: others take up its runs. */
const GONE_MS = 60_000;
const RETRY_MS = 1_000;

/**
 * Looks after the runs of workflows and jobs: those of this server, those of nobody, and those of servers that are gone. One
 * server at a time looks at a run (an advisory lock). Everything is level-triggered: what is heard of changes, from events and
 * from commands that end, only makes the next look come sooner.
 */
export async function startKeeper(options: KeeperOptions): Promise<Keeper> {
  const { db, pool, bell, dataDir, logger, now } = options;
  const node = await nodeId(dataDir);
  const claims = createClaims(pool, logger);
  const cel = createCelEvaluator();
  const stop = new AbortController();
  const due = new Map<string, { rowVersion: number; at: Instant | null }>();
  const busy = new Map<string, Promise<void>>();
  const taken = new Map<string, number>();
  let nudge: () => void = () => undefined;

  const changed = (run: string): void => {
    due.delete(run);
    nudge();
  };
  const deps = { ...options, node, cel, changed };
  const steps = createSteps(deps);
  const places: Places = {
    free: (run) => {
      const others = [...taken].reduce((sum, [id, count]) => (id === run ? sum : sum + count), 0);
      return options.places - others;
    },
    take: (run, count) => {
      const before = taken.get(run) ?? 0;
      if (count === 0) taken.delete(run);
      else taken.set(run, count);
      // Others may wait for the place.
      if (count < before) due.clear();
    },
  };

  const keep = async (id: string, rowVersion: number): Promise<void> => {
    const giveBack = await claims.take(`workflow-run:${id}`);
    if (giveBack === null) return;
    // Set before the look: what is heard during it counts as new.
    due.set(id, { rowVersion, at: null });
    try {
      const { ended, wakeAt, rowVersion: seenAs } = await reconcileRun({ ...deps, steps }, places, id);
      if (ended) due.delete(id);
      else if (due.has(id)) due.set(id, { rowVersion: seenAs, at: wakeAt });
    } catch (error) {
      logger.error({ err: error, run: id }, "a run could not be looked after; trying again");
      due.set(id, { rowVersion, at: now() + RETRY_MS });
    } finally {
      await giveBack();
    }
  };

  const look = async (): Promise<void> => {
    const kept = await runsToKeep(db, node, new Date(now() - GONE_MS));
    const mine = new Set(kept.map(({ id }) => id));
    for (const id of taken.keys()) if (!mine.has(id) && !busy.has(id)) taken.delete(id);
    for (const { id, rowVersion } of kept) {
      const known = due.get(id);
      const isDue = known === undefined || known.rowVersion !== rowVersion || (known.at !== null && known.at <= now());
      if (!isDue || busy.has(id) || stop.signal.aborted) continue;
      const work = keep(id, rowVersion).finally(() => {
        busy.delete(id);
        nudge();
      });
      busy.set(id, work);
    }
  };

  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const nudged = new Promise<void>((resolve) => {
        nudge = resolve;
      });
      const over = new AbortController();
      const rung = bell.next(LOOK_EVERY.most, AbortSignal.any([stop.signal, over.signal]));
      await look().catch((error: unknown) =>
        logger.debug({ err: error }, "runs could not be looked for; trying again"),
      );
      await Promise.race([rung, nudged]);
      over.abort();
      await delay(LOOK_EVERY.least, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };

  const sweeper = await startSweeper({ ...options, node });
  const looping = loop();
  return {
    async close() {
      stop.abort();
      nudge();
      await looping;
      await sweeper.close();
      await Promise.all([...busy.values()]);
      await Promise.all(Object.values(steps).map((step) => step.close?.()));
      await cel.close();
      claims.close();
    },
  };
}
