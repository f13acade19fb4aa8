import { LogHistogram, type RevisionStats, type Rollout } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../../db/database.ts";
import type { Live } from "../../../engine/live.ts";
import { currentPercentage } from "./progress.ts";
import { QUALITY } from "./strategy.ts";
import { timestamp } from "./timestamp.ts";

/** How the new version does. Null where there is no figure. */
export interface Figures {
  percentage: number;
  quality: number | null;
  errorRate: number | null;
  /** Milliseconds. */
  latencyMs: number | null;
  p95LatencyMs: number | null;
  requests: number;
  scores: number;
}

/** As the data plane counts it now, and the mean of the quality scores since the rollout began. */
export async function figuresNow(db: Db, live: Live, rollout: Rollout): Promise<Figures> {
  const stats = live.route(rollout.deployment)?.stats.find(({ revision }) => revision === rollout.toRevision);
  const quality = await qualityOf(db, rollout);
  return { percentage: currentPercentage(rollout), ...quality, ...ratesOf(stats) };
}

type Rates = Pick<Figures, "errorRate" | "latencyMs" | "p95LatencyMs" | "requests">;

function ratesOf(stats: RevisionStats | undefined): Rates {
  if (stats === undefined || stats.requests === 0) {
    return { errorRate: null, latencyMs: null, p95LatencyMs: null, requests: 0 };
  }
  const latency = LogHistogram.fromSparse(stats.latency);
  return {
    errorRate: stats.errors / stats.requests,
    latencyMs: finite(latency.quantile(0.5)),
    p95LatencyMs: finite(latency.quantile(0.95)),
    requests: stats.requests,
  };
}

const finite = (value: number | null): number | null => (value === null || Number.isFinite(value) ? value : null);

/** Scores of live answers, and of evaluations that have such a score, since the rollout began. */
async function qualityOf(db: Db, rollout: Rollout): Promise<Pick<Figures, "quality" | "scores">> {
  const since = new Date(rollout.createdAt);
  const live = db
    .selectFrom("scores")
    .select(sql<number>`jsonb_array_elements_text(scores)::float8`.as("value"))
    .where("deployment_id", "=", rollout.deployment)
    .where("revision", "=", rollout.toRevision)
    .where("metric", "=", QUALITY)
    .where("received_at", ">=", since);
  const evaluated = db
    .selectFrom("evaluations as e")
    .innerJoin("revisions as r", "r.version_id", "e.version_id")
    .select(sql<number>`(e.metrics ->> ${QUALITY})::float8`.as("value"))
    .where("r.deployment_id", "=", rollout.deployment)
    .where("r.number", "=", rollout.toRevision)
    .where(sql<boolean>`jsonb_exists(e.metrics, ${QUALITY})`)
    .where("e.recorded_at", ">=", since);
  const row = await db
    .selectFrom(live.unionAll(evaluated).as("all_scores"))
    // Six digits: what the sum of many decimal fractions is off by says nothing of quality.
    .select([
      sql<number | null>`round(avg(value)::numeric, 6)::float8`.as("quality"),
      sql<number>`count(*)`.as("scores"),
    ])
    .executeTakeFirstOrThrow();
  return row;
}

/** The message `MetricsSnapshot`. */
export const snapshotView = (at: Date, figures: Figures) => ({
  at: timestamp(at),
  percentage: figures.percentage,
  ...(figures.quality !== null && { quality_score: figures.quality }),
  ...(figures.errorRate !== null && { error_rate: figures.errorRate }),
  ...(figures.latencyMs !== null && { latency_ms: figures.latencyMs }),
  ...(figures.p95LatencyMs !== null && { p95_latency_ms: figures.p95LatencyMs }),
  request_count: figures.requests,
  score_count: figures.scores,
});
