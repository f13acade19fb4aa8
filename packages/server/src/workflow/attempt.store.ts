import type { Db } from "../db/database.ts";

export interface AttemptKey {
  run: string;
  task: string;
  attempt: number;
}

/** A file that a stage left behind. */
export interface ArtifactFile {
  id: string;
  /** Of the stage's `artifacts`. */
  name: string;
  /** Relative to the working folder. */
  path: string;
  sizeBytes: number;
  sha256: string;
}

/** What an attempt has come to so far. */
export interface AttemptResult {
  outputs?: Record<string, string>;
  reason?: string | null;
  exitCode?: number | null;
  artifacts?: ArtifactFile[];
  hopeless?: boolean;
  /** What was begun, and is looked after until it ends. */
  rollout?: string;
  since?: number;
}

export interface StoredAttempt extends AttemptKey {
  node: string;
  status: "running" | "succeeded" | "failed" | "lost";
  result: AttemptResult;
  startedAt: Date;
  finishedAt: Date | null;
}

/** Every attempt of a run, in the order in which they began. */
export async function attemptsOf(db: Db, run: string): Promise<StoredAttempt[]> {
  const rows = await db
    .selectFrom("workflow_attempts")
    .selectAll()
    .where("run_id", "=", run)
    .orderBy("started_at")
    .orderBy("task")
    .orderBy("attempt")
    .execute();
  return rows.map((row) => ({
    run: row.run_id,
    task: row.task,
    attempt: row.attempt,
    node: row.node,
    status: row.status,
    result: row.result,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }));
}

/** Writes down that it begins. False when it has begun already. */
export async function beginAttempt(
  db: Db,
  { run, task, attempt }: AttemptKey,
  { node, result = {}, at }: { node: string; result?: AttemptResult; at: Date },
): Promise<boolean> {
  const inserted = await db
    .insertInto("workflow_attempts")
    .values({
      ...{ run_id: run, task, attempt, node, status: "running", result: JSON.stringify(result), started_at: at },
      finished_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

/** Writes down how it ended. False when it had ended before: the first word counts. */
export async function endAttempt(
  db: Db,
  { run, task, attempt }: AttemptKey,
  { status, result, at }: { status: "succeeded" | "failed" | "lost"; result: AttemptResult; at: Date },
): Promise<boolean> {
  const updated = await db
    .updateTable("workflow_attempts")
    .set({ status, result: JSON.stringify(result), finished_at: at })
    .where("run_id", "=", run)
    .where("task", "=", task)
    .where("attempt", "=", attempt)
    .where("status", "=", "running")
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}
