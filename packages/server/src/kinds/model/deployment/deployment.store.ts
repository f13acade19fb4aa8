import { sql } from "kysely";
import type { Db } from "../../../db/database.ts";

export interface StoredModelDeployment {
  id: number;
  /** `dep_…` */
  deploymentId: string;
  /** Of the version that it was made for. */
  versionId: number;
  serviceName: string;
  settled: boolean;
  project: string;
  environment: string;
  replicas: number;
  requestHash: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** Of the version that serves now, by whatever road it came; null when it has no number or nothing serves. */
  servingId: number | null;
  /** Null before the first rollout completes. */
  stableRevision: number | null;
  /** What the environment was declared as. */
  environmentSpec: object;
}

const deployments = (db: Db) =>
  db
    .selectFrom("model_deployments as m")
    .innerJoin("deployments as d", "d.id", "m.deployment_id")
    .innerJoin("environments as e", (join) =>
      join.onRef("e.project", "=", "d.project").onRef("e.name", "=", "d.environment"),
    )
    .leftJoin("revisions as r", (join) =>
      join.onRef("r.deployment_id", "=", "d.id").onRef("r.number", "=", "d.stable_revision"),
    )
    .leftJoin("model_versions as v", "v.version_id", "r.version_id")
    .select(["m.id", "m.deployment_id as deploymentId", "m.version_id as versionId", "m.service_name as serviceName"])
    .select(["m.settled", "m.request_hash as requestHash", "m.created_at as createdAt", "d.updated_at as updatedAt"])
    .select(["d.project", "d.environment", "d.replicas", "v.id as servingId"])
    .select(["d.stable_revision as stableRevision", "e.spec as environmentSpec"]);

export const findModelDeployment = (db: Db, id: number): Promise<StoredModelDeployment | undefined> =>
  deployments(db).where("m.id", "=", id).executeTakeFirst();

/** Until the transaction ends, nobody else makes what this request makes. */
export async function lockRequest(db: Db, actor: string, key: string): Promise<void> {
  const name = JSON.stringify(["model-deployment", actor, key]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(db);
}

/** The one that was made by this request before. */
export const findByRequest = (db: Db, actor: string, key: string): Promise<StoredModelDeployment | undefined> =>
  deployments(db).where("m.actor", "=", actor).where("m.request_key", "=", key).executeTakeFirst();

/** Newest first. */
export function listModelDeployments(
  db: Db,
  filter: {
    project?: string | undefined;
    environment?: string | undefined;
    versionId?: number | undefined;
    before?: number | undefined;
    limit: number;
  },
): Promise<StoredModelDeployment[]> {
  let query = deployments(db);
  if (filter.project !== undefined) query = query.where("d.project", "=", filter.project);
  if (filter.environment !== undefined) query = query.where("d.environment", "=", filter.environment);
  const { versionId } = filter;
  if (versionId !== undefined) {
    query = query.where((where) =>
      where.or([
        where("v.id", "=", versionId),
        where.and([where("v.id", "is", null), where("m.version_id", "=", versionId)]),
      ]),
    );
  }
  if (filter.before !== undefined) query = query.where("m.id", "<", filter.before);
  return query.orderBy("m.id", "desc").limit(filter.limit).execute();
}

/** A number that no other deployment has or had. */
export async function nextModelDeployment(db: Db): Promise<number> {
  const next = sql<{ id: number }>`select nextval(pg_get_serial_sequence('model_deployments', 'id')::regclass) as id`;
  const { rows } = await next.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("a sequence gave no number");
  return row.id;
}

export interface NewModelDeployment {
  id: number;
  deploymentId: string;
  versionId: number;
  serviceName: string;
  actor: string;
  request: { key: string; hash: string } | null;
  at: Date;
}

export async function insertModelDeployment(db: Db, made: NewModelDeployment): Promise<void> {
  await db
    .insertInto("model_deployments")
    .values({
      id: made.id,
      deployment_id: made.deploymentId,
      version_id: made.versionId,
      service_name: made.serviceName,
      actor: made.actor,
      request_key: made.request?.key ?? null,
      request_hash: made.request?.hash ?? null,
      created_at: made.at,
    })
    .execute();
}

/** Its first rollout has completed: from now on a failure is one of a later version, and the record stays. */
export async function settleModelDeployment(db: Db, id: number): Promise<void> {
  await db.updateTable("model_deployments").set({ settled: true }).where("id", "=", id).execute();
}

/** Answers whether there was one. */
export async function deleteModelDeployment(db: Db, id: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom("model_deployments").where("id", "=", id).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Those whose first rollout has not been seen to end. */
export async function unsettledModelDeployments(db: Db): Promise<number[]> {
  const rows = await db.selectFrom("model_deployments").select("id").where("settled", "=", false).execute();
  return rows.map(({ id }) => id);
}
