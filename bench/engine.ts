/**
 * 1,000 rollouts active at once on the embedded database, with a runtime and a gateway that exist in memory only:
 * how late steps are, what a transition costs the database, what it costs in memory.
 *
 *     node bench/engine.ts [rollouts]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Rollout, StrategyInput } from "@sluice/core";
import { createDatabase, createPool } from "../packages/server/src/db/database.ts";
import { startEmbedded } from "../packages/server/src/db/embedded.ts";
import { migrate } from "../packages/server/src/db/migrate.ts";
import { neverCrash } from "../packages/server/src/engine/crash.ts";
import { startEngine } from "../packages/server/src/engine/engine.ts";
import { createTargets } from "../packages/server/src/engine/targets.ts";
import { insertArtifact, insertDelivery, insertDeployment } from "../packages/server/src/engine/testing/delivery.ts";
import { createSimulatedGateway } from "../packages/server/src/engine/testing/simulated.gateway.ts";
import { createSimulatedRuntime } from "../packages/server/src/engine/testing/simulated.runtime.ts";
import { createLogger } from "../packages/server/src/logger.ts";

const COUNT = Number(process.argv[2] ?? 1_000);
const WORKERS = 8;
/** Rollouts are begun over this long, so that their steps are due spread out, as in life. */
const SPREAD_MS = 30_000;
const WAIT_SECONDS = 30;

const STRATEGY: StrategyInput = {
  type: "canary",
  steps: [5, 25, 50].flatMap((setWeight) => [{ setWeight }, { wait: { seconds: WAIT_SECONDS } }]),
  keepStableSeconds: 0,
};

interface Writes {
  rows: number;
  commits: number;
}

type Pool = ReturnType<typeof createPool>;

async function writes(pool: Pool): Promise<Writes> {
  const { rows } = await pool.query<Writes>(
    `select tup_inserted + tup_updated + tup_deleted as rows, xact_commit as commits
     from pg_stat_database where datname = current_database()`,
  );
  return rows[0] ?? { rows: 0, commits: 0 };
}

/** Milliseconds between the moment a wait was over and the moment the rollout went on. */
async function lateness(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ at: Date; step: number; state: Rollout }>(
    `select e.at, (e.data->>'step')::integer as step, r.state
     from events e join rollouts r on r.id = e.rollout_id
     where e.type = 'rollout.step.finished' and e.data->>'type' = 'wait'`,
  );
  return rows
    .map(({ at, step, state }) => at.getTime() - (state.steps[step]?.startedAt ?? 0) - WAIT_SECONDS * 1_000)
    .sort((left, right) => left - right);
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

async function countOf(pool: Pool, from: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`select count(*) as count from ${from}`);
  return rows[0]?.count ?? 0;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 250));
}

const dataDir = await mkdtemp(join(tmpdir(), "sluice-bench-"));
const logger = createLogger({ logLevel: "warn", logFormat: "json" });
const embedded = await startEmbedded({ dataDir, logger });
try {
  const pool = createPool(embedded.url, WORKERS + 16, (error) => logger.warn(error));
  await migrate(pool);
  const db = createDatabase(pool);
  const runtime = createSimulatedRuntime(1);
  const gateway = createSimulatedGateway();
  const artifactId = await insertArtifact(db);
  const deployments: string[] = [];
  for (let index = 0; index < COUNT; index += 1)
    deployments.push(await insertDeployment(db, artifactId, `app-${index}`));
  for (const deployment of deployments) {
    const strategy = { type: "immediate", keepStableSeconds: 0 } as const;
    await insertDelivery(db, { artifactId, deployment, version: "1.0.0", strategy });
  }
  const engine = await startEngine({
    db,
    pool,
    gateway,
    targets: createTargets({ gateway, local: new Map([["process", runtime]]), logger }),
    checks: { root: process.cwd(), programPath: "/usr/bin:/bin", targets: new Set(["process"]) },
    workers: WORKERS,
    maxActiveRollouts: COUNT * 2,
    logger,
    now: Date.now,
    crash: neverCrash,
  });
  const begun = performance.now();
  await until(async () => (await countOf(pool, "rollouts where active")) === 0);
  const firstSeconds = (performance.now() - begun) / 1_000;

  const before = await writes(pool);
  const eventsBefore = await countOf(pool, "events");
  let peak = 0;
  let active = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 100);
  const start = performance.now();
  for (const [index, deployment] of deployments.entries()) {
    const due = (index / COUNT) * SPREAD_MS - (performance.now() - start);
    if (due > 1) await new Promise((resolve) => setTimeout(resolve, due));
    await insertDelivery(db, { artifactId, deployment, version: "1.1.0", strategy: STRATEGY });
  }
  await until(async () => {
    const now = await countOf(pool, "rollouts where active");
    active = Math.max(active, now);
    return now === 0;
  });
  clearInterval(sampler);
  const seconds = (performance.now() - start) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const after = await writes(pool);
  const transitions = await countOf(
    pool,
    `events where type in ('rollout.phase.changed', 'rollout.step.finished') and seq > ${eventsBefore}`,
  );
  const late = await lateness(pool);
  await engine.close();
  await pool.end();

  console.table({
    "rollouts active at once": active,
    "transitions (phases and steps)": transitions,
    "transitions a second": Math.round(transitions / seconds),
    "lateness of timed steps, p50 (ms)": quantile(late, 0.5),
    "lateness of timed steps, p99 (ms)": quantile(late, 0.99),
    "lateness of timed steps, worst (ms)": late.at(-1),
    "rows written a transition": Math.round(((after.rows - before.rows) / transitions) * 10) / 10,
    "commits a transition": Math.round(((after.commits - before.commits) / transitions) * 10) / 10,
    "memory of the engine's process, peak (MiB)": Math.round(peak / 1024 ** 2),
    [`first deliveries a second (${COUNT} at once)`]: Math.round(COUNT / firstSeconds),
  });
} finally {
  await embedded.stop();
  await rm(dataDir, { recursive: true, force: true });
}
