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

/**
 * Ids of the deployments that a change of the environment matters to at once: their rollouts are under way and may wait for what
 * it allows, or they are at several of its targets.
 */
export async function affectedIn(db: Db, project: string, name: string): Promise<string[]> {
  const rows = await db
    .selectFrom("deployments as d")
    .select("d.id")
    .where("d.project", "=", project)
    .where("d.environment", "=", name)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb("d.fleet", "is not", null),
        exists(
          selectFrom("rollouts")
            .select("rollouts.id")
            .whereRef("rollouts.deployment_id", "=", "d.id")
            .where("active", "=", true),
        ),
      ]),
    )
    .execute();
  return rows.map((row) => row.id);
}

/** Names of some deployments of the environment, for the message that refuses its removal. */
export async function deploymentsIn(db: Db, project: string, name: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("deployments")
    .select("name")
    .where("project", "=", project)
    .where("environment", "=", name)
    .where("parent_id", "is", null)
    .orderBy("name")
    .limit(limit)
    .execute();
  return rows.map((row) => row.name);
}

/** Names of some deployments that run at one target of the environment alone. */
export async function aloneIn(db: Db, project: string, name: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("deployments as d")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .select("d.name")
    .where("d.project", "=", project)
    .where("d.environment", "=", name)
    .where("d.fleet", "is", null)
    .where("d.parent_id", "is", null)
    .where("a.kind", "!=", "prompt")
    .orderBy("d.name")
    .limit(limit)
    .execute();
  return rows.map((row) => row.name);
}
