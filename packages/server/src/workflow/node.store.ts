import type { Db } from "../db/database.ts";

/** Where the server is, or was, that has a run's files. */
export async function urlOfNode(db: Db, id: string): Promise<string | null> {
  const row = await db.selectFrom("workflow_nodes").select("url").where("id", "=", id).executeTakeFirst();
  return row?.url ?? null;
}
