import type { EvaluationInput } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** An evaluation as it is on disk; never changed. */
export interface StoredEvaluation {
  id: string;
  project: string;
  artifact: string;
  version: string;
  versionId: string;
  dataset: string;
  metrics: Record<string, number>;
  sampleCount: number;
  source: string;
  details: Record<string, unknown>;
  startedAt: Date | null;
  finishedAt: Date;
  recordedAt: Date;
  recordedBy: string;
}

const select = (db: Db) =>
  db
    .selectFrom("evaluations as e")
    .innerJoin("versions as v", "v.id", "e.version_id")
    .innerJoin("artifacts as a", "a.id", "v.artifact_id")
    .select([
      "e.id",
      "e.project",
      "a.name as artifact",
      "v.version",
      "e.version_id as versionId",
      "e.dataset",
      "e.metrics",
      "e.sample_count as sampleCount",
      "e.source",
      "e.details",
      "e.started_at as startedAt",
      "e.finished_at as finishedAt",
      "e.recorded_at as recordedAt",
      "e.recorded_by as recordedBy",
    ]);

export const findEvaluation = (db: Db, id: string): Promise<StoredEvaluation | undefined> =>
  select(db).where("e.id", "=", id).executeTakeFirst();

export interface EvaluationFilter {
  project: string;
  artifact?: string | undefined;
  version?: string | undefined;
  dataset?: string | undefined;
  before?: string | undefined;
  limit: number;
}

/** Newest first, by when they were recorded. */
export function listEvaluations(db: Db, filter: EvaluationFilter): Promise<StoredEvaluation[]> {
  let query = select(db).where("e.project", "=", filter.project);
  if (filter.artifact !== undefined) query = query.where("a.name", "=", filter.artifact);
  if (filter.version !== undefined) query = query.where("v.version", "=", filter.version);
  if (filter.dataset !== undefined) query = query.where("e.dataset", "=", filter.dataset);
  if (filter.before !== undefined) query = query.where("e.id", "<", filter.before);
  return query.orderBy("e.id", "desc").limit(filter.limit).execute();
}

/** Datasets of one version that a gate looks at besides those that it names. */
const MAX_DATASETS = 200;

/**
 * Of each dataset the one that counts: the one that finished last, of two at the same moment the one recorded later. Of the datasets
 * named here, and of others up to a limit.
 */
export function newestEvaluations(db: Db, versionId: string, named: readonly string[]): Promise<StoredEvaluation[]> {
  const some = db
    .selectFrom("evaluations")
    .select("dataset")
    .distinct()
    .where("version_id", "=", versionId)
    .orderBy("dataset")
    .limit(MAX_DATASETS);
  return select(db)
    .distinctOn("e.dataset")
    .where("e.version_id", "=", versionId)
    .where((eb) => eb.or([eb("e.dataset", "in", some), eb("e.dataset", "=", sql<string>`any(${named})`)]))
    .orderBy("e.dataset")
    .orderBy("e.finished_at", "desc")
    .orderBy("e.id", "desc")
    .execute();
}

export interface NewEvaluation extends Pick<EvaluationInput, "dataset" | "metrics" | "sampleCount" | "source"> {
  id: string;
  project: string;
  versionId: string;
  details: Record<string, unknown>;
  startedAt: Date | null;
  finishedAt: Date;
  recordedAt: Date;
  recordedBy: string;
}

/** Also makes the names of its metrics known to the project. */
export async function insertEvaluation(db: Db, evaluation: NewEvaluation): Promise<void> {
  await db
    .insertInto("evaluations")
    .values({
      id: evaluation.id,
      project: evaluation.project,
      version_id: evaluation.versionId,
      dataset: evaluation.dataset,
      metrics: JSON.stringify(evaluation.metrics),
      sample_count: evaluation.sampleCount,
      source: evaluation.source,
      details: JSON.stringify(evaluation.details),
      started_at: evaluation.startedAt,
      finished_at: evaluation.finishedAt,
      recorded_at: evaluation.recordedAt,
      recorded_by: evaluation.recordedBy,
    })
    .execute();
  const { project } = evaluation;
  // Sorted: two that record the same names at once wait for each other in one order.
  const names = Object.keys(evaluation.metrics).toSorted();
  await db
    .insertInto("evaluation_metrics")
    .values(names.map((name) => ({ project, name })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Which of these metrics the project has ever recorded. */
export async function recordedMetrics(db: Db, project: string, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const rows = await db
    .selectFrom("evaluation_metrics")
    .select("name")
    .where("project", "=", project)
    .where("name", "in", [...names])
    .execute();
  return new Set(rows.map((row) => row.name));
}

/** Deployments whose rollouts of this version wait at their gates. */
export async function gatingOn(db: Db, where: { project: string; artifact: string; version: string }) {
  const rows = await db
    .selectFrom("rollouts")
    .select("deployment_id")
    .distinct()
    .where("active", "=", true)
    .where("phase", "=", "gating")
    .where("project", "=", where.project)
    .where("artifact", "=", where.artifact)
    .where(sql<boolean>`state->>'toVersion' = ${where.version}`)
    .execute();
  return rows.map((row) => row.deployment_id);
}
