import { SluiceError } from "@sluice/core";
import type { Db } from "../db/database.ts";

export interface StoredProject {
  name: string;
  created_at: Date;
}

/** Throws `not_found` when the project does not exist. */
export async function requireProject(db: Db, name: string): Promise<void> {
  const row = await db.selectFrom("projects").select("name").where("name", "=", name).executeTakeFirst();
  if (row === undefined) throw new SluiceError("not_found", `project ${name} does not exist`);
}

export function listProjects(
  db: Db,
  filter: { name?: string; after?: string; limit: number },
): Promise<StoredProject[]> {
  let query = db.selectFrom("projects").selectAll();
  if (filter.name !== undefined) query = query.where("name", "=", filter.name);
  if (filter.after !== undefined) query = query.where("name", ">", filter.after);
  return query.orderBy("name").limit(filter.limit).execute();
}

/** The project with the head of its audit chain; undefined when it exists already. */
export async function insertProject(db: Db, name: string, at: Date): Promise<StoredProject | undefined> {
  const row = await db
    .insertInto("projects")
    .values({ name, created_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) await db.insertInto("audit_heads").values({ project: name, seq: 0, hash: "" }).execute();
  return row;
}
