import { type EnvironmentSpec, environmentSchema } from "@sluice/core";
import type { Selectable } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredEnvironment {
  project: string;
  name: string;
  spec: EnvironmentSpec;
  createdAt: Date;
  updatedAt: Date;
}

/** Parsed, so that a field which a later release adds has its default in rows that were written before. */
const stored = (row: Selectable<Database["environments"]>): StoredEnvironment => ({
  project: row.project,
  name: row.name,
  spec: environmentSchema.parse(row.spec),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export async function findEnvironment(db: Db, project: string, name: string): Promise<StoredEnvironment | undefined> {
  const row = await db
    .selectFrom("environments")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return row && stored(row);
}

/** The same, locked until the transaction ends: no deployment can be created in it meanwhile. */
export async function lockEnvironment(db: Db, project: string, name: string): Promise<StoredEnvironment | undefined> {
  const row = await db
    .selectFrom("environments")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .forUpdate()
    .executeTakeFirst();
  return row && stored(row);
}

export interface EnvironmentFilter {
  project: string;
  name?: string;
  after?: string;
  limit: number;
}

export async function listEnvironments(db: Db, filter: EnvironmentFilter): Promise<StoredEnvironment[]> {
  let query = db.selectFrom("environments").selectAll().where("project", "=", filter.project);
  if (filter.name !== undefined) query = query.where("name", "=", filter.name);
  if (filter.after !== undefined) query = query.where("name", ">", filter.after);
  const rows = await query.orderBy("name").limit(filter.limit).execute();
  return rows.map(stored);
}

export interface EnvironmentInput {
  project: string;
  name: string;
  spec: EnvironmentSpec;
  at: Date;
}

/** False when it exists already; then nothing is changed. */
export async function insertEnvironment(db: Db, { project, name, spec, at }: EnvironmentInput): Promise<boolean> {
  const result = await db
    .insertInto("environments")
    .values({ project, name, spec: JSON.stringify(spec), created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function replaceEnvironment(db: Db, { project, name, spec, at }: EnvironmentInput): Promise<void> {
  await db
    .updateTable("environments")
    .set({ spec: JSON.stringify(spec), updated_at: at })
    .where("project", "=", project)
    .where("name", "=", name)
    .execute();
}

export async function deleteEnvironment(db: Db, project: string, name: string): Promise<void> {
  await db.deleteFrom("environments").where("project", "=", project).where("name", "=", name).execute();
}

/** Ids of the deployments whose rollouts are under way and may wait for what the environment allows. */
export async function rollingIn(db: Db, project: string, name: string): Promise<string[]> {
  const rows = await db
    .selectFrom("rollouts")
    .select("deployment_id")
    .distinct()
    .where("active", "=", true)
    .where("project", "=", project)
    .where("environment", "=", name)
    .execute();
  return rows.map((row) => row.deployment_id);
}

/** Names of some deployments of the environment, for the message that refuses its removal. */
export async function deploymentsIn(db: Db, project: string, name: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("deployments")
    .select("name")
    .where("project", "=", project)
    .where("environment", "=", name)
    .orderBy("name")
    .limit(limit)
    .execute();
  return rows.map((row) => row.name);
}
