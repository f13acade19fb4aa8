import { type Integration, integrationSchema, type Registration } from "@sluice/core";
import { type Selectable, sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredIntegration {
  id: string;
  project: string;
  name: string;
  /** Without its secrets. */
  spec: Integration;
  /** See `openIntegration`. */
  sealed: string;
  createdAt: Date;
  updatedAt: Date;
}

const stored = (row: Selectable<Database["integrations"]>): StoredIntegration => ({
  id: row.id,
  project: row.project,
  name: row.name,
  spec: integrationSchema.parse(row.spec),
  sealed: row.sealed,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export async function findIntegration(db: Db, project: string, name: string): Promise<StoredIntegration | null> {
  const row = await db
    .selectFrom("integrations")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The same, locked until the transaction ends. */
export async function lockIntegration(db: Db, project: string, name: string): Promise<StoredIntegration | null> {
  const row = await db
    .selectFrom("integrations")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

export async function integrationById(db: Db, id: string): Promise<StoredIntegration | null> {
  const row = await db.selectFrom("integrations").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

export interface IntegrationQuery {
  project: string;
  after?: string | undefined;
  limit: number;
}

/** By name. */
export async function listIntegrations(
  db: Db,
  { project, after, limit }: IntegrationQuery,
): Promise<StoredIntegration[]> {
  let query = db.selectFrom("integrations").selectAll().where("project", "=", project);
  if (after !== undefined) query = query.where("name", ">", after);
  return (await query.orderBy("name").limit(limit).execute()).map(stored);
}

/** Those that are told of registrations. */
export async function listeningIntegrations(db: Db): Promise<StoredIntegration[]> {
  const rows = await db
    .selectFrom("integrations")
    .selectAll()
    .where(sql<boolean>`(spec ->> 'enabled')::boolean and spec -> 'webhook' <> 'null'::jsonb`)
    .execute();
  return rows.map(stored);
}

export interface IntegrationInput {
  id: string;
  project: string;
  name: string;
  spec: Integration;
  sealed: string;
  at: Date;
}

/** False when the project has an integration of that name already; then nothing is changed. */
export async function insertIntegration(
  db: Db,
  { id, project, name, spec, sealed, at }: IntegrationInput,
): Promise<boolean> {
  const result = await db
    .insertInto("integrations")
    .values({
      id,
      project,
      name,
      spec: JSON.stringify(spec),
      sealed,
      created_at: at,
      updated_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function replaceIntegration(
  db: Db,
  id: string,
  { spec, sealed, at }: Pick<IntegrationInput, "spec" | "sealed" | "at">,
): Promise<void> {
  await db
    .updateTable("integrations")
    .set({ spec: JSON.stringify(spec), sealed, updated_at: at })
    .where("id", "=", id)
    .execute();
}

export async function deleteIntegration(db: Db, id: string): Promise<void> {
  await db.deleteFrom("integrations").where("id", "=", id).execute();
}

/** Integrations that one project may have, so that validation can ask all at once. */
export const MAX_INTEGRATIONS = 50;

export async function countIntegrations(db: Db, project: string): Promise<number> {
  const row = await db
    .selectFrom("integrations")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** What the integration was told that serves, by deployment. */
export async function listRegistrations(
  db: Db,
  integration: string,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<Registration[]> {
  let query = db
    .selectFrom("integration_registrations")
    .select("registration")
    .where("integration_id", "=", integration);
  if (after !== undefined) query = query.where("deployment_id", ">", after);
  return (await query.orderBy("deployment_id").limit(limit).execute()).map((row) => row.registration);
}

export async function findRegistration(db: Db, integration: string, deployment: string): Promise<Registration | null> {
  const row = await db
    .selectFrom("integration_registrations")
    .select("registration")
    .where("integration_id", "=", integration)
    .where("deployment_id", "=", deployment)
    .executeTakeFirst();
  return row?.registration ?? null;
}

export async function saveRegistration(db: Db, integration: string, registration: Registration): Promise<void> {
  const values = { registration: JSON.stringify(registration), registered_at: new Date(registration.at) };
  await db
    .insertInto("integration_registrations")
    .values({ integration_id: integration, deployment_id: registration.deployment.id, ...values })
    .onConflict((conflict) => conflict.columns(["integration_id", "deployment_id"]).doUpdateSet(values))
    .execute();
}

export async function deleteRegistration(db: Db, integration: string, deployment: string): Promise<void> {
  await db
    .deleteFrom("integration_registrations")
    .where("integration_id", "=", integration)
    .where("deployment_id", "=", deployment)
    .execute();
}
