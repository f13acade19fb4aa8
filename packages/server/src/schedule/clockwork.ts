import { setTimeout as sleep } from "node:timers/promises";
import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import { inAmbientTransaction } from "../db/ambient.ts";
import type { Database } from "../db/schema.ts";
import { createClaims } from "../engine/claims.ts";
import type { Live } from "../engine/live.ts";
import { createBeginner } from "./begin.ts";
import { createRestarts } from "./restarts.ts";
import { forgetOldRuns } from "./run.store.ts";
import { claimDue, dueSchedules, nextDue } from "./schedule.store.ts";

export interface Clockwork {
  /** Finishes what runs and begins no more. */
  close(): Promise<void>;
}

interface Options {
  db: Kysely<Database>;
  pool: pg.Pool;
  clock: () => Instant;
  live: Live;
  logger: Logger;
  /** Milliseconds between looks, unless something is due before. */
  lookEvery?: number;
}

const LOOK_EVERY = 1_000;
/** Where many times of one schedule are due, others are looked at between them. */
const SHORTEST = 20;
/** Schedules that are taken in one look; the rest comes at once after. */
const BATCH = 100;
/** Runs are kept for 90 days. Milliseconds. */
const KEEP_RUNS = 90 * 86_400_000;
const SWEEP_EVERY = 3_600_000;

/**
 * Begins the runs of schedules, on as many servers as there are. A time, its run, what the run started and the time after it
 * are one transaction under the schedule's row lock: whenever a server dies, the time has its one run or is still to be
 * looked at, by whichever server looks next.
 */
export function startClockwork(options: Options): Clockwork {
  const { db, pool, clock, live, logger, lookEvery = LOOK_EVERY } = options;
  const beginner = createBeginner({ db, clock, live });
  const claims = createClaims(pool, logger);
  const restarts = createRestarts({ db, clock, live, claims, logger });
  const stopped = new AbortController();
  let swept = 0;
  let restarting: Promise<void> | null = null;

  const begin = (id: string): Promise<void> =>
    inAmbientTransaction(db, async () => {
      const now = clock();
      const schedule = await claimDue(db, id, new Date(now));
      if (schedule !== null) await beginner.beginDue(schedule, now);
    });

  /** Begins what is due; false when something of it could not be begun. */
  const beginAll = async (): Promise<boolean> => {
    let isWell = true;
    for (const id of await dueSchedules(db, new Date(clock()), BATCH)) {
      if (stopped.signal.aborted) break;
      await begin(id).catch((err: unknown) => {
        isWell = false;
        logger.warn({ err, schedule: id }, "a run could not begin; trying again");
      });
    }
    return isWell;
  };

  /** Restarts take their time: what is due meanwhile does not wait for them. */
  const restart = (): void => {
    restarting ??= restarts()
      .catch((err: unknown) => logger.debug({ err }, "restarts could not be looked at; trying again"))
      .finally(() => {
        restarting = null;
      });
  };

  const sweep = async (): Promise<void> => {
    if (clock() - swept < SWEEP_EVERY) return;
    swept = clock();
    await forgetOldRuns(db, new Date(swept - KEEP_RUNS));
  };

  const look = async (): Promise<number> => {
    const isWell = await beginAll();
    restart();
    await sweep();
    return isWell ? pause() : lookEvery;
  };

  const pause = async (): Promise<number> => {
    const next = await nextDue(db);
    return next === null ? lookEvery : Math.min(lookEvery, Math.max(SHORTEST, next.getTime() - clock()));
  };

  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const wait = await look().catch((err: unknown) => {
        logger.debug({ err }, "schedules could not be looked at; trying again");
        return lookEvery;
      });
      await sleep(wait, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };

  const running = loop();
  return {
    async close() {
      stopped.abort();
      await running;
      await restarting;
      claims.close();
    },
  };
}
