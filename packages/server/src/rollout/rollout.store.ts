import { type ArtifactKind, isTerminal, type Phase, type Rollout, reviveRollout, SluiceError } from "@sluice/core";
import type { ExpressionBuilder } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

/** A rollout as it is on disk. `rowVersion` is what the next change must name, so that none is lost. */
export interface StoredRollout {
  rollout: Rollout;
  rowVersion: number;
}

export interface RolloutFilter {
  project: string;
  deployment?: string;
  artifact?: string;
  kind?: ArtifactKind;
  environment?: string;
  phases?: readonly Phase[];
  /** Only rollouts with a smaller id (ids sort by creation): the last one of the page before. */
  before?: string;
  limit: number;
}

const COLUMNS = ["state", "row_version"] as const;
const stored = (row: { state: Rollout; row_version: number }): StoredRollout => ({
  rollout: reviveRollout(row.state),
  rowVersion: row.row_version,
});

export async function insertRollout(db: Db, rollout: Rollout): Promise<void> {
  await db
    .insertInto("rollouts")
    .values({
      id: rollout.id,
      deployment_id: rollout.deployment,
      project: rollout.project,
      environment: rollout.environment,
      artifact: rollout.artifact,
      phase: rollout.phase,
      active: !isTerminal(rollout.phase),
      state: JSON.stringify(rollout),
      part_of: rollout.partOf,
      created_at: new Date(rollout.createdAt),
      updated_at: new Date(rollout.updatedAt),
      finished_at: rollout.finishedAt === null ? null : new Date(rollout.finishedAt),
    })
    .execute();
}

/** Replaces the state that was read as `rowVersion`. Throws `aborted` when somebody else changed it meanwhile. */
export async function saveRollout(db: Db, rollout: Rollout, rowVersion: number): Promise<void> {
  const result = await db
    .updateTable("rollouts")
    .set({
      phase: rollout.phase,
      active: !isTerminal(rollout.phase),
      state: JSON.stringify(rollout),
      row_version: rowVersion + 1,
      updated_at: new Date(rollout.updatedAt),
      finished_at: rollout.finishedAt === null ? null : new Date(rollout.finishedAt),
    })
    .where("id", "=", rollout.id)
    .where("row_version", "=", rowVersion)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) {
    throw new SluiceError("aborted", `rollout ${rollout.id} was changed by someone else; read it again`);
  }
}

export async function findRollout(db: Db, id: string): Promise<StoredRollout | null> {
  const row = await db.selectFrom("rollouts").select(COLUMNS).where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The same, locked until the transaction ends: for commands, which must not race with the engine. */
export async function findRolloutForUpdate(db: Db, id: string): Promise<StoredRollout | null> {
  const row = await db.selectFrom("rollouts").select(COLUMNS).where("id", "=", id).forUpdate().executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** Rollouts of the deployment that have not ended, oldest first: the first one holds the deployment. */
export async function activeRollouts(db: Db, deployment: string): Promise<StoredRollout[]> {
  const rows = await active(db, deployment).execute();
  return rows.map(stored);
}

/** The same, locked until the transaction ends: for what ends them all, and must not race with the engine. */
export async function activeRolloutsForUpdate(db: Db, deployment: string): Promise<StoredRollout[]> {
  const rows = await active(db, deployment).forUpdate().execute();
  return rows.map(stored);
}

const active = (db: Db, deployment: string) =>
  db
    .selectFrom("rollouts")
    .select(COLUMNS)
    .where("deployment_id", "=", deployment)
    .where("active", "=", true)
    .orderBy("id");

/** Newest first; those of one target are listed with their own deployment alone. */
export async function listRollouts(db: Db, filter: RolloutFilter): Promise<StoredRollout[]> {
  let query = db.selectFrom("rollouts").select(COLUMNS).where("project", "=", filter.project);
  query =
    filter.deployment === undefined
      ? query.where("part_of", "is", null)
      : query.where("deployment_id", "=", filter.deployment);
  if (filter.artifact !== undefined) query = query.where("artifact", "=", filter.artifact);
  if (filter.kind !== undefined) query = query.where(isOfKind(filter.kind));
  if (filter.environment !== undefined) query = query.where("environment", "=", filter.environment);
  if (filter.phases !== undefined) query = query.where("phase", "in", filter.phases);
  if (filter.before !== undefined) query = query.where("id", "<", filter.before);
  const rows = await query.orderBy("id", "desc").limit(filter.limit).execute();
  return rows.map(stored);
}

const isOfKind =
  (kind: ArtifactKind) =>
  ({ exists, selectFrom }: ExpressionBuilder<Database, "rollouts">) =>
    exists(
      selectFrom("artifacts as a")
        .select("a.id")
        .whereRef("a.project", "=", "rollouts.project")
        .whereRef("a.name", "=", "rollouts.artifact")
        .where("a.kind", "=", kind),
    );
