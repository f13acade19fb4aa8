import { chain } from "@sluice/core";
import type { Db } from "../db/database.ts";

export interface AuditInput {
  project: string;
  /** Who did it: a token's name, or `engine` for what Sluice decided itself. */
  actor: string;
  /** `noun.verb`, for example `rollout.promote`. */
  action: string;
  /** Id of what was changed. */
  subject: string;
  detail: Record<string, unknown>;
  at: Date;
}

/**
 * Appends to the project's chain. Call it last in a transaction: the chain's head stays locked until the commit.
 */
export async function appendAudit(db: Db, input: AuditInput): Promise<void> {
  const head = await db
    .selectFrom("audit_heads")
    .select(["seq", "hash"])
    .where("project", "=", input.project)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const record = { ...input, seq: head.seq + 1, at: input.at.toISOString() };
  const entry = chain(record, head.hash);
  // In one statement: the fewer round trips under the lock, the more changes a second.
  await db
    .with("entry", (qb) =>
      qb.insertInto("audit_entries").values({ ...entry, at: input.at, detail: JSON.stringify(entry.detail) }),
    )
    .updateTable("audit_heads")
    .set({ seq: entry.seq, hash: entry.hash })
    .where("project", "=", input.project)
    .execute();
}
