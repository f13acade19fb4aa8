import { type PolicySpec, policySchema } from "@sluice/core";
import type { Selectable } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredPolicy extends PolicySpec {
  project: string;
  name: string;
  createdAt: Date;
  updatedAt: Date;
}

const stored = (row: Selectable<Database["policies"]>): StoredPolicy => ({
  ...policySchema.parse(row.spec),
  project: row.project,
  name: row.name,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export async function findPolicy(db: Db, project: string, name: string): Promise<StoredPolicy | undefined> {
  const row = await db
    .selectFrom("policies")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return row && stored(row);
}

export async function listPolicies(
  db: Db,
  { project, after, limit }: { project: string; after?: string | undefined; limit?: number },
): Promise<StoredPolicy[]> {
  let query = db.selectFrom("policies").selectAll().where("project", "=", project).orderBy("name");
  if (after !== undefined) query = query.where("name", ">", after);
  if (limit !== undefined) query = query.limit(limit);
  return (await query.execute()).map(stored);
}

/** Answers whether it is new. */
export async function putPolicy(db: Db, project: string, name: string, spec: PolicySpec, at: Date): Promise<boolean> {
  const known = await findPolicy(db, project, name);
  await db
    .insertInto("policies")
    .values({ project, name, spec: JSON.stringify(spec), created_at: at, updated_at: at })
    .onConflict((conflict) =>
      conflict.columns(["project", "name"]).doUpdateSet({ spec: JSON.stringify(spec), updated_at: at }),
    )
    .execute();
  return known === undefined;
}

/** Answers whether there was one. */
export async function deletePolicy(db: Db, project: string, name: string): Promise<boolean> {
  const result = await db
    .deleteFrom("policies")
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
