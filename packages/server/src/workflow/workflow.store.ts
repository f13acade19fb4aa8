import type { WorkflowSpec } from "@sluice/core";
import type { Db } from "../db/database.ts";

export interface StoredWorkflow {
  project: string;
  name: string;
  /** Of the newest version, as is everything below. */
  version: number;
  digest: string;
  spec: WorkflowSpec;
  createdAt: Date;
  createdBy: string;
}

const newest = (db: Db) =>
  db
    .selectFrom("workflows as w")
    .innerJoin("workflow_versions as v", (join) =>
      join.onRef("v.project", "=", "w.project").onRef("v.name", "=", "w.name").onRef("v.version", "=", "w.version"),
    )
    .select(["v.project", "v.name", "v.version", "v.digest", "v.spec", "v.created_at", "v.created_by"]);

const stored = (row: {
  project: string;
  name: string;
  version: number;
  digest: string;
  spec: WorkflowSpec;
  created_at: Date;
  created_by: string;
}): StoredWorkflow => ({
  project: row.project,
  name: row.name,
  version: row.version,
  digest: row.digest,
  spec: row.spec,
  createdAt: row.created_at,
  createdBy: row.created_by,
});

/** The newest version, or the one that is asked for. */
export async function findWorkflow(
  db: Db,
  project: string,
  name: string,
  version?: number,
): Promise<StoredWorkflow | undefined> {
  const row =
    version === undefined
      ? await newest(db).where("w.project", "=", project).where("w.name", "=", name).executeTakeFirst()
      : await db
          .selectFrom("workflow_versions")
          .selectAll()
          .where("project", "=", project)
          .where("name", "=", name)
          .where("version", "=", version)
          .executeTakeFirst();
  return row && stored(row);
}

/** The number of the newest version, locked until the transaction ends. */
export async function lockWorkflow(db: Db, project: string, name: string): Promise<number | undefined> {
  const row = await db
    .selectFrom("workflows")
    .select("version")
    .where("project", "=", project)
    .where("name", "=", name)
    .forUpdate()
    .executeTakeFirst();
  return row?.version;
}

/** By name. */
export async function listWorkflows(
  db: Db,
  filter: { project: string; after?: string | undefined; limit: number },
): Promise<StoredWorkflow[]> {
  let query = newest(db).where("w.project", "=", filter.project);
  if (filter.after !== undefined) query = query.where("w.name", ">", filter.after);
  return (await query.orderBy("w.name").limit(filter.limit).execute()).map(stored);
}

/** Newest first. */
export async function listWorkflowVersions(
  db: Db,
  filter: { project: string; name: string; before?: number | undefined; limit: number },
): Promise<StoredWorkflow[]> {
  let query = db
    .selectFrom("workflow_versions")
    .selectAll()
    .where("project", "=", filter.project)
    .where("name", "=", filter.name);
  if (filter.before !== undefined) query = query.where("version", "<", filter.before);
  return (await query.orderBy("version", "desc").limit(filter.limit).execute()).map(stored);
}

export interface WorkflowVersion {
  project: string;
  name: string;
  version: number;
  digest: string;
  spec: WorkflowSpec;
  by: string;
  at: Date;
}

/** False when the workflow was created by somebody else just now. */
export async function insertWorkflow(db: Db, { project, name, version, at }: WorkflowVersion): Promise<boolean> {
  const result = await db
    .insertInto("workflows")
    .values({ project, name, version, created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Makes this the newest version. */
export async function addWorkflowVersion(db: Db, added: WorkflowVersion): Promise<void> {
  const { project, name, version, digest, spec, by, at } = added;
  await db
    .insertInto("workflow_versions")
    .values({ project, name, version, digest, spec: JSON.stringify(spec), created_at: at, created_by: by })
    .execute();
  await db
    .updateTable("workflows")
    .set({ version, updated_at: at })
    .where("project", "=", project)
    .where("name", "=", name)
    .execute();
}

export async function deleteWorkflow(db: Db, project: string, name: string): Promise<void> {
  await db.deleteFrom("workflows").where("project", "=", project).where("name", "=", name).execute();
}
