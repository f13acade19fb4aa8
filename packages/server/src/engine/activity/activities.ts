import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../../db/schema.ts";
import type { Claims } from "../claims.ts";
import type { Crash } from "../crash.ts";
import type { Hints } from "../hints.ts";
import type { Loaded } from "../load.ts";
import { wakeDeployment } from "../wake.ts";
import {
  type ActivityKind,
  type Attempt,
  claimActivity,
  failActivity,
  finishActivity,
  isWanted,
  releaseActivity,
  reportActivity,
} from "./activity.store.ts";

/** One kind of long work: what it does, and what is found when it cannot be brought to an end. */
export interface ActivityWork {
  /** Ends soon after the signal aborts, in any way: its result is not wanted then. */
  run(loaded: Loaded, signal: AbortSignal, report: (soFar: unknown) => void): Promise<unknown>;
  /** The result after too many attempts that came to no end. */
  gaveUp(message: string, at: Instant): unknown;
}

export interface Activities {
  /**
   * Begins what the deployment's first rollout has under way and nobody runs, and stops what it does not want any more.
   * Returns at once.
   */
  keep(loaded: Loaded): void;
  /** Stops everything that runs here. It is begun again after the next start. */
  close(): Promise<void>;
}

export interface ActivityDeps {
  db: Kysely<Database>;
  claims: Claims;
  work: Readonly<Record<ActivityKind, ActivityWork>>;
  hints: Pick<Hints, "changed">;
  logger: Logger;
  now: () => Instant;
  crash: Crash;
}

/** So many begins in a row without an end, and the work is judged to be what kills the server. */
const MOST_UNFINISHED = 5;
/** Interim results are written this often at most. Milliseconds. */
const REPORT_EVERY = 500;
/** Another server may have moved the rollout on: so often an attempt asks whether it is still wanted. */
const ASK_EVERY = 2_000;
const RETRY_MS = 500;

interface Flight {
  deployment: string;
  /** Null until it is claimed. */
  attempt: number | null;
  stop: AbortController;
  /** Somebody looked for it while it ran: its end is news. */
  awaited: boolean;
  done: Promise<void>;
}

/**
 * Long work runs beside the reconciles, at most one of a kind for each rollout over all servers of one database (an advisory
 * lock), and is repeated until its result is on disk. Every change that it writes wakes the deployment. An attempt that was
 * overtaken, by a person's command or by another server that took this one for dead, writes nothing any more.
 */
export function createActivities(deps: ActivityDeps): Activities {
  const flights = new Map<string, Flight>();
  let closed = false;

  return {
    keep(loaded) {
      const wanted = wantedOf(loaded);
      for (const [key, flight] of flights) {
        if (flight.deployment !== loaded.deployment.id) continue;
        flight.awaited = true;
        const overtaken = flight.attempt !== null && wanted !== null && wanted.attempt > flight.attempt;
        if (key !== wanted?.key || overtaken) flight.stop.abort();
      }
      if (wanted === null || flights.has(wanted.key) || closed) return;
      const flight: Flight = {
        deployment: loaded.deployment.id,
        attempt: null,
        stop: new AbortController(),
        awaited: false,
        done: Promise.resolve(),
      };
      flights.set(wanted.key, flight);
      flight.done = fly(deps, loaded, wanted, flight, () => closed)
        .finally(() => flights.delete(wanted.key))
        .then(
          () => {
            if (flight.awaited && !closed) deps.hints.changed(flight.deployment);
          },
          (error: unknown) => {
            deps.logger.warn({ err: error, activity: wanted.key }, "an activity was cut off; it is begun again");
            setTimeout(() => closed || deps.hints.changed(flight.deployment), RETRY_MS).unref();
          },
        );
    },
    async close() {
      closed = true;
      for (const flight of flights.values()) flight.stop.abort();
      await Promise.all([...flights.values()].map((flight) => flight.done));
    },
  };
}

interface Wanted extends Attempt {
  key: string;
}

function wantedOf({ rollouts, activity }: Loaded): Wanted | null {
  const head = rollouts[0]?.rollout;
  if (head === undefined || activity?.status !== "running") return null;
  const { kind, attempt } = activity;
  return { key: `activity:${head.id}/${kind}`, rollout: head.id, kind, attempt };
}

async function fly(
  deps: ActivityDeps,
  loaded: Loaded,
  { key, rollout, kind }: Wanted,
  flight: Flight,
  closing: () => boolean,
): Promise<void> {
  const giveBack = await deps.claims.take(key);
  // Another server runs it. Should that one die, a later look finds the lock free.
  if (giveBack === null) return;
  try {
    const claim = await claimActivity(deps.db, rollout, kind, new Date(deps.now()));
    if (claim === null) return;
    flight.attempt = claim.attempt;
    const attempt = { rollout, kind, attempt: claim.attempt };
    await runAttempt(deps, loaded, attempt, claim.unfinished, flight.stop);
    if (closing()) await releaseActivity(deps.db, attempt).catch(() => undefined);
  } finally {
    await giveBack();
  }
}

async function runAttempt(
  deps: ActivityDeps,
  loaded: Loaded,
  attempt: Attempt,
  unfinished: number,
  stop: AbortController,
): Promise<void> {
  const { db, logger, now, crash } = deps;
  const work = deps.work[attempt.kind];
  const keep = (change: () => Promise<unknown>): Promise<void> => untilWritten(change, stop.signal, logger);
  const write = (change: (tx: typeof db) => Promise<boolean>): Promise<void> =>
    keep(() =>
      db.transaction().execute(async (tx) => {
        if (await change(tx)) await wakeDeployment(tx, loaded.deployment.id);
        else stop.abort();
      }),
    );
  if (unfinished > MOST_UNFINISHED) {
    const message = `${attempt.kind} were begun ${MOST_UNFINISHED} times and never came to an end; see the server's log, then retry the rollout`;
    return write((tx) => finishActivity(tx, attempt, work.gaveUp(message, now()), new Date(now())));
  }
  crash("before-activity");
  const outcome = await bringToAnEnd(deps, work, loaded, attempt, stop, (soFar) =>
    write((tx) => reportActivity(tx, attempt, soFar)),
  );
  if (stop.signal.aborted) return;
  crash("after-activity");
  await write((tx) =>
    "error" in outcome
      ? failActivity(tx, attempt, new Date(now()))
      : finishActivity(tx, attempt, outcome.result, new Date(now())),
  );
}

async function bringToAnEnd(
  { db, logger }: ActivityDeps,
  work: ActivityWork,
  loaded: Loaded,
  attempt: Attempt,
  stop: AbortController,
  report: (soFar: unknown) => Promise<void>,
): Promise<{ result: unknown } | { error: unknown }> {
  const reports = throttled(REPORT_EVERY, report);
  const asking = setInterval(() => {
    isWanted(db, attempt).then(
      (wanted) => wanted || stop.abort(),
      () => undefined,
    );
  }, ASK_EVERY);
  try {
    return { result: await work.run(loaded, stop.signal, reports.take) };
  } catch (error) {
    if (!stop.signal.aborted) logger.error({ err: error, ...attempt }, "an activity broke");
    return { error };
  } finally {
    clearInterval(asking);
    await reports.end();
  }
}

/** A result that took minutes is not given up because the database is away for a moment. */
async function untilWritten(change: () => Promise<unknown>, signal: AbortSignal, logger: Logger): Promise<void> {
  while (!signal.aborted) {
    try {
      await change();
      return;
    } catch (error) {
      logger.debug({ err: error }, "an activity's result could not be written; trying again");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Writes the latest of many interim results, one at a time and not too often. */
function throttled(every: number, write: (value: unknown) => Promise<void>) {
  let latest: { value: unknown } | null = null;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let ended = false;
  const flush = (): void => {
    timer = null;
    const taken = latest;
    latest = null;
    if (taken === null) return;
    writing = writing.then(() => write(taken.value));
    timer = setTimeout(flush, every);
  };
  return {
    take(value: unknown): void {
      if (ended) return;
      latest = { value };
      if (timer === null) flush();
    },
    /** What was not written yet is not written any more: the end says it all. */
    async end(): Promise<void> {
      ended = true;
      if (timer !== null) clearTimeout(timer);
      await writing;
    },
  };
}
