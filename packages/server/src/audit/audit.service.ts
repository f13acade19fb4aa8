import { type AuditEntry, type ChainVerdict, verifyChain } from "@sluice/core";
import { type Kysely, type Selectable, sql } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";

export interface AuditQuery {
  project?: string | undefined;
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
  /** ISO 8601, the first of them included. */
  from?: string | undefined;
  to?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Entries read at a time when a chain is verified, whatever its length. */
const BATCH = 1_000;

export type AuditService = ReturnType<typeof createAuditService>;

export function createAuditService({ db }: { db: Kysely<Database> }) {
  return {
    /** Newest first. */
    async list(principal: Principal, query: AuditQuery): Promise<Page<AuditEntry>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "audit.read", { project });
      let rows = db.selectFrom("audit_entries").selectAll().where("project", "=", project);
      if (query.actor !== undefined) rows = rows.where("actor", "=", query.actor);
      if (query.action !== undefined) rows = rows.where("action", "=", query.action);
      if (query.subject !== undefined) rows = rows.where("subject", "=", query.subject);
      if (query.from !== undefined) rows = rows.where("at", ">=", new Date(query.from));
      if (query.to !== undefined) rows = rows.where("at", "<", new Date(query.to));
      const before = keyOfCursor(query.cursor);
      if (before !== undefined) rows = rows.where("seq", "<", Number(before) || 0);
      const found = await rows
        .orderBy("seq", "desc")
        .limit(query.limit + 1)
        .execute();
      return toPage(found, query.limit, (row) => String(row.seq), entryOf);
    },

    /** Checks the project's whole chain as it is at one moment. */
    async verify(principal: Principal, query: { project?: string | undefined }): Promise<ChainVerdict> {
      const project = projectOf(principal, query.project);
      authorise(principal, "audit.read", { project });
      return db
        .transaction()
        .setIsolationLevel("repeatable read")
        .setAccessMode("read only")
        .execute(async (tx) => {
          await requireProject(tx, project);
          return verifyStored(tx, project);
        });
    },
  };
}

async function verifyStored(db: Db, project: string): Promise<ChainVerdict> {
  const head = await sql<{ seq: number; hash: string }>`
    select seq, hash from audit_heads where project = ${project}`.execute(db);
  let checked = { seq: 0, hash: "" };
  for (;;) {
    const batch = await db
      .selectFrom("audit_entries")
      .selectAll()
      .where("project", "=", project)
      .where("seq", ">", checked.seq)
      .orderBy("seq")
      .limit(BATCH)
      .execute();
    const last = batch.at(-1);
    if (last === undefined) return verifyChain([], head.rows[0] ?? { seq: 0, hash: "" }, checked);
    const verdict = verifyChain(batch.map(entryOf), last, checked);
    if (!verdict.valid) return verdict;
    checked = { seq: last.seq, hash: last.hash };
  }
}

const entryOf = (row: Selectable<Database["audit_entries"]>): AuditEntry => ({ ...row, at: row.at.toISOString() });
