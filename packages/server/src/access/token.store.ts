import type { Selectable } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export type StoredToken = Selectable<Database["tokens"]>;

/** The token with this hash, whether it still counts or not. */
export const findTokenByHash = (db: Db, hash: string): Promise<StoredToken | undefined> =>
  db.selectFrom("tokens").selectAll().where("hash", "=", hash).executeTakeFirst();

export const findToken = (db: Db, id: string): Promise<StoredToken | undefined> =>
  db.selectFrom("tokens").selectAll().where("id", "=", id).executeTakeFirst();

interface TokenFilter {
  project: string;
  /** Those of every project too. */
  andPlatform: boolean;
  after?: string | undefined;
  limit: number;
}

/** Oldest first, revoked and expired ones too. */
export function listTokens(db: Db, { project, andPlatform, after, limit }: TokenFilter): Promise<StoredToken[]> {
  let query = db
    .selectFrom("tokens")
    .selectAll()
    .where((where) =>
      where.or([where("project", "=", project), ...(andPlatform ? [where("project", "is", null)] : [])]),
    );
  if (after !== undefined) query = query.where("id", ">", after);
  return query.orderBy("id").limit(limit).execute();
}

export type NewToken = Pick<
  StoredToken,
  "id" | "project" | "name" | "hash" | "role" | "environment" | "created_at" | "created_by" | "expires_at"
>;

export const insertToken = (db: Db, token: NewToken): Promise<StoredToken> =>
  db.insertInto("tokens").values(token).returningAll().executeTakeFirstOrThrow();

/** Null when it was revoked before. */
export const revokeToken = (db: Db, id: string, at: Date): Promise<StoredToken | undefined> =>
  db
    .updateTable("tokens")
    .set({ revoked_at: at })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .returningAll()
    .executeTakeFirst();

export async function touchToken(db: Db, id: string, at: Date): Promise<void> {
  await db.updateTable("tokens").set({ last_used_at: at }).where("id", "=", id).execute();
}

/** Whether anybody could still administer every project. */
export async function hasPlatformAdmin(db: Db, at: Date): Promise<boolean> {
  const row = await db
    .selectFrom("tokens")
    .select("id")
    .where("role", "=", "admin")
    .where("project", "is", null)
    .where("environment", "is", null)
    .where("revoked_at", "is", null)
    .where((where) => where.or([where("expires_at", "is", null), where("expires_at", ">", at)]))
    .executeTakeFirst();
  return row !== undefined;
}
