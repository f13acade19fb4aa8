import { EventEmitter } from "node:events";
import type { Instant } from "@sluice/core";
import {
  Logger as GraphileLogger,
  type Runner,
  run,
  type Task,
  type TaskList,
  type WorkerEvents,
  type WorkerPool,
} from "graphile-worker";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import { createOutageLog } from "../db/outage.log.ts";
import type { Database } from "../db/schema.ts";
import { inSpan } from "../tracing/span.ts";
import { type Claims, createClaims } from "./claims.ts";
import { holdLease, type Lease } from "./lease.ts";
import { createNudger } from "./nudge.ts";
import { isConflict, type Reconciled } from "./reconcile.ts";
import { putOffWake, RECONCILE_TASK, taskOf, wakeDeployment } from "./wake.ts";

interface WorkerDeps {
  db: Kysely<Database>;
  pool: pg.Pool;
  /** Takes the jobs of this server besides those of all; null: there is only one. */
  server: string | null;
  /** Reconciles that run at once. */
  concurrency: number;
  reconcile: (deployment: string) => Promise<Reconciled>;
  logger: Logger;
  now: () => Instant;
}

export interface Worker {
  /** Takes no more jobs, and waits for those that run. */
  close(): Promise<void>;
}

/** Jobs that are due are found by LISTEN/NOTIFY and by our own timers; this is the fallback. Milliseconds. */
const POLL_INTERVAL = 1_000;
/** A reconcile that failed is tried again after 0.25, 0.5, 1 … 30 seconds. */
const RETRY_MS = { first: 250, last: 30_000 };
const RESTART_MS = 500;
/** A runner that ends has this long to do so once none of its jobs runs. Milliseconds. */
const ENDING_MS = 2_000;
/** A wake that finds its deployment being reconciled already comes again after this. */
const CLAIMED_MS = 25;

/**
 * Runs the task `reconcile` on graphile-worker until closed. The runner ends itself when it cannot write to the database
 * for a while; then a new one is started, and what the old one had locked is freed. No wake is lost: a job is deleted only
 * after its reconcile, and a failed reconcile writes its next wake itself.
 */
export async function startWorker(deps: WorkerDeps): Promise<Worker> {
  const { pool, concurrency, logger } = deps;
  const nudger = createNudger(deps.now);
  const claims = createClaims(pool, logger);
  const running = new Set<string>();
  const taskList = createTasks(deps, claims, running, nudger.at);
  let closing = false;
  let runner: Runner | null = null;
  let lease: Lease | null = null;

  const start = async (): Promise<void> => {
    const events: WorkerEvents = new EventEmitter();
    // In a box: a pool is itself a promise, of its own end.
    const created = new Promise<{ workerPool: WorkerPool }>((resolve) => events.once("pool:create", resolve));
    const started = await run({
      pgPool: pool,
      concurrency,
      pollInterval: POLL_INTERVAL,
      noHandleSignals: true,
      taskList,
      events,
      logger: bridge(logger),
      // Without batches nobody hears of a job that could not be completed, and the process would end of it.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    });
    try {
      const ended = started.promise.then(() => Promise.reject(new Error("the job runner ended while it started")));
      // Nobody listens to it once the race is over.
      ended.catch(() => undefined);
      const { workerPool } = await Promise.race([created, ended]);
      events.once("pool:gracefulShutdown", () => seeToTheEnd(workerPool, running));
      nudger.wakes((count) => {
        try {
          workerPool.nudge(count);
        } catch (error) {
          // It throws while it ends, as when the database went away. The jobs are on disk; the next pool finds them.
          logger.debug({ err: error }, "nobody to nudge");
        }
      });
      await lease?.release();
      lease = await holdLease(pool, workerPool.id, running, logger);
      runner = started;
      // Whoever closed meanwhile had nothing to stop yet.
      if (closing) await stop(started, "server stops");
    } catch (error) {
      // Without a lease others take it for dead, and nobody would ever stop it.
      await stop(started, "it has no lease");
      throw error;
    }
  };

  const supervise = async (): Promise<void> => {
    const outages = createOutageLog(logger);
    while (!closing) {
      try {
        if (runner === null) await start();
        outages.worked();
        await runner?.promise;
      } catch (error) {
        outages.failed(error, "the job runner stopped; starting it again");
      }
      runner = null;
      if (!closing) await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
    }
  };

  await start();
  const supervised = supervise();
  return {
    async close() {
      closing = true;
      nudger.close();
      if (runner !== null) await stop(runner, "server stops");
      await supervised;
      await lease?.release();
      claims.close();
    },
  };
}

/** Resolves with the end of the runner, also where its own answer never comes. */
async function stop(runner: Runner, reason: string): Promise<void> {
  await Promise.race([runner.stop(reason), runner.promise]).catch(() => undefined);
}

/**
 * A runner that begins to end may never come to it: after an answer that the database did not take, and others that it took,
 * graphile-worker 0.18 counts fewer than none outstanding, and waits for none. Once no job runs there is nothing to wait for.
 */
function seeToTheEnd(pool: WorkerPool, running: ReadonlySet<string>): void {
  const timer = setInterval(() => {
    if (running.size > 0) return;
    clearInterval(timer);
    Promise.resolve(pool.forcefulShutdown("it did not end")).catch(() => undefined);
  }, ENDING_MS);
  pool.promise.finally(() => clearInterval(timer)).catch(() => undefined);
}

function createTasks(
  { db, server, reconcile, logger, now }: WorkerDeps,
  claims: Claims,
  running: Set<string>,
  nudgeAt: (at: Instant) => void,
): TaskList {
  const failures = new Map<string, number>();

  const later = async (wake: typeof putOffWake, deployment: string, delay: number): Promise<void> => {
    const at = now() + delay;
    await wake(db, deployment, new Date(at));
    nudgeAt(at);
  };

  const task: Task = async (payload, { job }) => {
    const deployment = deploymentOf(payload);
    if (deployment === null) return logger.error({ payload }, "a job without a deployment was dropped");
    running.add(job.id);
    try {
      const giveBack = await claims.take(deployment);
      if (giveBack === null) return await later(putOffWake, deployment, CLAIMED_MS);
      const traced = { attributes: { "sluice.deployment": deployment } };
      const { wakeAt } = await inSpan("reconcile", traced, () => reconcile(deployment)).finally(giveBack);
      failures.delete(deployment);
      if (wakeAt !== null && wakeAt <= now()) await wakeDeployment(db, deployment);
      else if (wakeAt !== null) nudgeAt(wakeAt);
    } catch (error) {
      const count = failures.get(deployment) ?? 0;
      failures.set(deployment, count + 1);
      if (!isConflict(error)) logger.error({ err: error, deployment, failures: count + 1 }, "a reconcile failed");
      await later(wakeDeployment, deployment, Math.min(RETRY_MS.last, RETRY_MS.first * 2 ** Math.min(count, 16)));
    } finally {
      running.delete(job.id);
    }
  };
  return server === null ? { [RECONCILE_TASK]: task } : { [RECONCILE_TASK]: task, [taskOf(server)]: task };
}

function deploymentOf(payload: unknown): string | null {
  if (typeof payload !== "object" || payload === null || !("deployment" in payload)) return null;
  return typeof payload.deployment === "string" ? payload.deployment : null;
}

/** graphile-worker tells of every job at `info`; for us that is `trace`. */
function bridge(logger: Logger): GraphileLogger {
  const levels = { error: "error", warning: "warn", info: "trace", debug: "trace" } as const;
  return new GraphileLogger(() => (level, message, meta) => logger[levels[level]]({ ...meta }, message));
}
