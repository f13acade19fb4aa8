import type { Db } from "../db/database.ts";

export interface StoredNode {
  name: string;
  labels: Record<string, string>;
  createdAt: Date;
  createdBy: string;
}

export async function listNodes(db: Db): Promise<StoredNode[]> {
  const rows = await db.selectFrom("nodes").selectAll().orderBy("name").execute();
  return rows.map(({ name, labels, created_at, created_by }) => ({
    name,
    labels,
    createdAt: created_at,
    createdBy: created_by,
  }));
}

/** False when there is a node of that name. */
export async function insertNode(db: Db, node: StoredNode): Promise<boolean> {
  const row = await db
    .insertInto("nodes")
    .values({
      name: node.name,
      labels: JSON.stringify(node.labels),
      created_at: node.createdAt,
      created_by: node.createdBy,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("name")
    .executeTakeFirst();
  return row !== undefined;
}

/** False when there is no node of that name. */
export async function labelNode(db: Db, name: string, labels: Record<string, string>): Promise<boolean> {
  const result = await db
    .updateTable("nodes")
    .set({ labels: JSON.stringify(labels) })
    .where("name", "=", name)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function deleteNode(db: Db, name: string): Promise<boolean> {
  const result = await db.deleteFrom("nodes").where("name", "=", name).executeTakeFirst();
  return result.numDeletedRows === 1n;
}
