import { type Rollout, reviveRollout } from "@sluice/core";
import type { Db } from "../../../db/database.ts";
import type { Figures } from "./figures.ts";

/** Snapshots that one answer shows: the newest. */
const MOST_SHOWN = 1_000;

/** Prompts' rollouts that move traffic, or watch what it does. */
export async function rolloutsUnderWatch(db: Db): Promise<Rollout[]> {
  const rows = await db
    .selectFrom("rollouts as r")
    .innerJoin("deployments as d", "d.id", "r.deployment_id")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .select("r.state")
    .where("r.active", "=", true)
    .where("a.kind", "=", "prompt")
    .where("r.phase", "in", ["shifting", "monitoring"])
    .execute();
  return rows.map(({ state }) => reviveRollout(state));
}

/** Several servers may look at the same moment: the first one's figures stay. */
export async function insertFigures(db: Db, rollout: string, at: Date, figures: Figures): Promise<void> {
  await db
    .insertInto("rollout_figures")
    .values({
      rollout_id: rollout,
      at,
      percentage: figures.percentage,
      quality: figures.quality,
      error_rate: figures.errorRate,
      latency_ms: figures.latencyMs,
      p95_latency_ms: figures.p95LatencyMs,
      requests: figures.requests,
      scores: figures.scores,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Oldest first. */
export async function figuresOf(db: Db, rollout: string): Promise<{ at: Date; figures: Figures }[]> {
  const rows = await db
    .selectFrom("rollout_figures")
    .selectAll()
    .where("rollout_id", "=", rollout)
    .orderBy("at", "desc")
    .limit(MOST_SHOWN)
    .execute();
  return rows.reverse().map((row) => ({
    at: row.at,
    figures: {
      percentage: row.percentage,
      quality: row.quality,
      errorRate: row.error_rate,
      latencyMs: row.latency_ms,
      p95LatencyMs: row.p95_latency_ms,
      requests: row.requests,
      scores: row.scores,
    },
  }));
}
