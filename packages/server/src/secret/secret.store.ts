import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** A secret as everybody may see it. */
export interface StoredSecret {
  project: string;
  name: string;
  /** Of the newest value. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
  updatedBy: string;
}

const described = (db: Db, project: string) =>
  db
    .selectFrom("secrets")
    .innerJoin("secret_versions as newest", (join) =>
      join
        .onRef("newest.project", "=", "secrets.project")
        .onRef("newest.name", "=", "secrets.name")
        .on(
          "newest.version",
          "=",
          sql<number>`(
          select max(version) from secret_versions every
          where every.project = secrets.project and every.name = secrets.name)`,
        ),
    )
    .select(["secrets.project", "secrets.name", "newest.version", "secrets.created_at as createdAt"])
    .select(["newest.created_at as updatedAt", "newest.created_by as updatedBy"])
    .where("secrets.project", "=", project);

export async function listSecrets(
  db: Db,
  { project, after, limit }: { project: string; after?: string | undefined; limit: number },
): Promise<StoredSecret[]> {
  const query = described(db, project).orderBy("secrets.name").limit(limit);
  return (after === undefined ? query : query.where("secrets.name", ">", after)).execute();
}

export const findSecret = (db: Db, project: string, name: string): Promise<StoredSecret | undefined> =>
  described(db, project).where("secrets.name", "=", name).executeTakeFirst();

/** The number of the next value, under a lock that lasts until the transaction ends. */
export async function nextVersion(db: Db, project: string, name: string, at: Date): Promise<number> {
  await db
    .insertInto("secrets")
    .values({ project, name, created_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .selectFrom("secrets")
    .select("name")
    .where("project", "=", project)
    .where("name", "=", name)
    .forUpdate()
    .execute();
  return ((await findSecret(db, project, name))?.version ?? 0) + 1;
}

export async function insertSecretVersion(
  db: Db,
  secret: { project: string; name: string; version: number; sealed: string; by: string; at: Date },
): Promise<void> {
  const { project, name, version, sealed, by, at } = secret;
  await db
    .insertInto("secret_versions")
    .values({ project, name, version, sealed, created_by: by, created_at: at })
    .execute();
}

export async function sealedValue(db: Db, project: string, name: string, version: number): Promise<string | undefined> {
  const row = await db
    .selectFrom("secret_versions")
    .select("sealed")
    .where("project", "=", project)
    .where("name", "=", name)
    .where("version", "=", version)
    .executeTakeFirst();
  return row?.sealed;
}

/** Deployments with a revision that names the secret, in words; at most ten. */
export async function usersOf(db: Db, project: string, name: string): Promise<string[]> {
  const { rows } = await sql<{ user: string }>`
    select distinct d.name || ' in ' || d.environment as user
    from deployments d join revisions r on r.deployment_id = d.id
    where d.project = ${project} and d.parent_id is null
      and jsonb_path_exists(r.config, '$.secrets.*.name ? (@ == $name)', jsonb_build_object('name', ${name}::text))
    order by 1 limit 10`.execute(db);
  return rows.map(({ user }) => user);
}

export async function deleteSecret(db: Db, project: string, name: string): Promise<void> {
  await db.deleteFrom("secrets").where("project", "=", project).where("name", "=", name).execute();
}
