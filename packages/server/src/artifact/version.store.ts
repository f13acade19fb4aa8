import type { Selectable } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredVersion {
  id: string;
  version: string;
  digest: string;
  spec: object;
  source: object | null;
  createdAt: Date;
  createdBy: string;
}

const stored = (row: Selectable<Database["versions"]>): StoredVersion => ({
  id: row.id,
  version: row.version,
  digest: row.digest,
  spec: row.spec,
  source: row.source,
  createdAt: row.created_at,
  createdBy: row.created_by,
});

export async function findVersion(db: Db, artifactId: string, version: string): Promise<StoredVersion | undefined> {
  const row = await db
    .selectFrom("versions")
    .selectAll()
    .where("artifact_id", "=", artifactId)
    .where("version", "=", version)
    .executeTakeFirst();
  return row && stored(row);
}

export async function findVersions(db: Db, ids: readonly string[]): Promise<StoredVersion[]> {
  if (ids.length === 0) return [];
  return (
    await db
      .selectFrom("versions")
      .selectAll()
      .where("id", "in", [...ids])
      .execute()
  ).map(stored);
}

/** Newest first. */
export async function listVersions(
  db: Db,
  filter: { artifactId: string; before?: string | undefined; limit: number },
): Promise<StoredVersion[]> {
  let query = db.selectFrom("versions").selectAll().where("artifact_id", "=", filter.artifactId);
  if (filter.before !== undefined) query = query.where("id", "<", filter.before);
  const rows = await query.orderBy("id", "desc").limit(filter.limit).execute();
  return rows.map(stored);
}

/** Undefined when the artifact has that version already; a version is never changed. */
export async function insertVersion(
  db: Db,
  artifactId: string,
  version: StoredVersion,
): Promise<StoredVersion | undefined> {
  const row = await db
    .insertInto("versions")
    .values({
      id: version.id,
      artifact_id: artifactId,
      version: version.version,
      digest: version.digest,
      spec: JSON.stringify(version.spec),
      source: JSON.stringify(version.source),
      created_at: version.createdAt,
      created_by: version.createdBy,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row && stored(row);
}
