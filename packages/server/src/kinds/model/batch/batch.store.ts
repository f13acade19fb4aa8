import type { BatchFormat, BatchState } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../../db/database.ts";

/** What was asked for; it does not change. */
export interface BatchSpec {
  /** `s3://bucket/key` */
  input: string;
  output: string;
  format: BatchFormat;
  /** Lines of one request to the model. */
  batchSize: number;
  /** Requests at once. */
  concurrency: number;
}

export interface StoredBatch {
  id: number;
  project: string;
  environment: string;
  deploymentId: number;
  spec: BatchSpec;
  status: BatchState;
  parts: number;
  lines: number;
  failedLines: number;
  reason: string | null;
  createdAt: Date;
  createdBy: string;
  startedAt: Date | null;
  finishedAt: Date | null;
}

const batches = (db: Db) =>
  db
    .selectFrom("model_batches")
    .select(["id", "project", "environment", "deployment_id as deploymentId", "spec", "status", "parts", "lines"])
    .select(["failed_lines as failedLines", "reason", "created_at as createdAt", "created_by as createdBy"])
    .select(["started_at as startedAt", "finished_at as finishedAt"])
    .$narrowType<{ spec: BatchSpec }>();

export const findBatch = (db: Db, id: number): Promise<StoredBatch | undefined> =>
  batches(db).where("id", "=", id).executeTakeFirst();

/** Newest first. */
export function listBatches(
  db: Db,
  filter: { project: string; environment?: string | undefined; before?: number | undefined; limit: number },
): Promise<StoredBatch[]> {
  let query = batches(db).where("project", "=", filter.project);
  if (filter.environment !== undefined) query = query.where("environment", "=", filter.environment);
  if (filter.before !== undefined) query = query.where("id", "<", filter.before);
  return query.orderBy("id", "desc").limit(filter.limit).execute();
}

/** Oldest first: those that no server has brought to an end. */
export const activeBatches = (db: Db): Promise<StoredBatch[]> =>
  batches(db).where("status", "in", ["queued", "running"]).orderBy("id").limit(100).execute();

export async function nextBatch(db: Db): Promise<number> {
  const next = sql<{ id: number }>`select nextval(pg_get_serial_sequence('model_batches', 'id')::regclass) as id`;
  const { rows } = await next.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("a sequence gave no number");
  return row.id;
}

export async function insertBatch(
  db: Db,
  batch: Pick<StoredBatch, "id" | "project" | "environment" | "deploymentId" | "spec" | "createdAt" | "createdBy">,
): Promise<void> {
  await db
    .insertInto("model_batches")
    .values({
      id: batch.id,
      project: batch.project,
      environment: batch.environment,
      deployment_id: batch.deploymentId,
      spec: JSON.stringify(batch.spec),
      status: "queued",
      created_at: batch.createdAt,
      created_by: batch.createdBy,
    })
    .execute();
}

export async function beginBatch(db: Db, id: number, at: Date): Promise<void> {
  await db
    .updateTable("model_batches")
    .set({ status: "running", started_at: at })
    .where("id", "=", id)
    .where("status", "=", "queued")
    .execute();
}

/** Counts a part that is kept. False when the job is over, or somebody else has counted this part. */
export async function countPart(
  db: Db,
  { id, parts }: Pick<StoredBatch, "id" | "parts">,
  counted: { lines: number; failed: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("model_batches")
    .set((row) => ({
      parts: parts + 1,
      lines: row("lines", "+", counted.lines),
      failed_lines: row("failed_lines", "+", counted.failed),
    }))
    .where("id", "=", id)
    .where("parts", "=", parts)
    .where("status", "=", "running")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False when it was over already. */
export async function endBatch(
  db: Db,
  id: number,
  end: { status: BatchState; reason: string | null },
  at: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("model_batches")
    .set({ ...end, finished_at: at })
    .where("id", "=", id)
    .where("status", "in", ["queued", "running"])
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
