import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** Writes down that this server is alive, and where it is reached. */
export async function seen(db: Db, id: string, url: string): Promise<void> {
  await sql`
    insert into workflow_nodes (id, url, seen_at) values (${id}, ${url}, now())
    on conflict (id) do update set url = excluded.url, seen_at = now()`.execute(db);
}

export async function urlOfNode(db: Db, id: string): Promise<string | null> {
  const row = await db.selectFrom("workflow_nodes").select("url").where("id", "=", id).executeTakeFirst();
  return row?.url ?? null;
}
