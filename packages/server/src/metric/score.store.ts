import type { Instant } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** What was read last: an evaluation's id and a score row's; both grow with time. */
export interface ScoreCursor {
  evaluation: string;
  score: number;
}

interface Question {
  metric: string;
  deploymentId: string;
  revision: number;
  versionId: string;
  since: Instant;
  now: Instant;
}

interface Found<Cursor> {
  values: number[];
  last: Cursor | null;
}

/** Rows of one reading. */
const MOST_ROWS = 1_000;

/**
 * Rows become visible when their transaction commits, not when their number is given: a reading stays this far behind the present, so that
 * none is passed over. Milliseconds.
 */
const SETTLED_MS = 1_000;

const KEPT = "7 days";

/** Each evaluation of the version that has the metric and was not read yet, oldest first. */
export async function evaluationsSince(
  db: Db,
  { versionId, metric, dataset, after, now }: Question & { dataset: string | null; after: string },
): Promise<Found<string>> {
  let query = db
    .selectFrom("evaluations")
    .select(["id", sql<number>`(metrics->>${metric})::float8`.as("value")])
    .where("version_id", "=", versionId)
    .where(sql<boolean>`jsonb_exists(metrics, ${metric})`)
    .where("id", ">", after)
    .where("recorded_at", "<=", new Date(now - SETTLED_MS))
    .orderBy("id")
    .limit(MOST_ROWS);
  if (dataset !== null) query = query.where("dataset", "=", dataset);
  const rows = await query.execute();
  return { values: rows.map(({ value }) => value), last: rows.at(-1)?.id ?? null };
}

/** Live scores of the revision that were posted since the judging began and not read yet, oldest first. */
export async function scoresSince(
  db: Db,
  { deploymentId, revision, metric, since, after, now }: Question & { after: number },
): Promise<Found<number>> {
  const rows = await db
    .selectFrom("scores")
    .select(["id", "scores"])
    .where("deployment_id", "=", deploymentId)
    .where("revision", "=", revision)
    .where("metric", "=", metric)
    .where("id", ">", after)
    .where("received_at", ">=", new Date(since))
    .where("received_at", "<=", new Date(now - SETTLED_MS))
    .orderBy("id")
    .limit(MOST_ROWS)
    .execute();
  return { values: rows.flatMap(({ scores }) => scores), last: rows.at(-1)?.id ?? null };
}

export async function insertScores(
  db: Db,
  score: { deployment: string; revision: number; metric: string; scores: readonly number[]; at: Date },
): Promise<void> {
  await db
    .insertInto("scores")
    .values({
      deployment_id: score.deployment,
      revision: score.revision,
      metric: score.metric,
      scores: JSON.stringify(score.scores),
      received_at: score.at,
    })
    .execute();
}

/** Judges have long read what is older. */
export async function forgetOldScores(db: Db): Promise<void> {
  await sql`delete from scores where received_at < now() - ${sql.lit(KEPT)}::interval`.execute(db);
}
