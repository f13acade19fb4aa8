import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import { appendAudit } from "../audit/audit.store.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { hashOf, newSecret } from "./token.secret.ts";
import { hasPlatformAdmin, insertToken } from "./token.store.ts";

interface Options {
  db: Kysely<Database>;
  dataDir: string;
  clock: () => Instant;
}

/**
 * Sees to it that somebody can get in when authentication is on: while no token administers every project, makes one and
 * writes it to `<dataDir>/admin-token`, readable by its owner alone. Returns that path when it did, else null.
 */
export async function ensureAdminToken({ db, dataDir, clock }: Options): Promise<string | null> {
  const at = new Date(clock());
  const path = join(dataDir, "admin-token");
  return db.transaction().execute(async (tx) => {
    // Servers that start together make one token: the head of the audit chain is their turnstile.
    await tx.selectFrom("audit_heads").select("seq").where("project", "=", "default").forUpdate().executeTakeFirst();
    if (await hasPlatformAdmin(tx, at)) return null;
    const secret = newSecret();
    const id = newId("tok");
    await insertToken(tx, {
      id,
      project: null,
      name: "admin",
      hash: hashOf(secret),
      role: "admin",
      environment: null,
      created_at: at,
      created_by: "sluice",
      expires_at: null,
    });
    // Before the commit: a crash leaves a file that opens nothing, and the next start writes it anew.
    await mkdir(dataDir, { recursive: true });
    await writeFile(path, `${secret}\n`, { mode: 0o600 });
    await chmod(path, 0o600);
    const detail = { name: "admin", role: "admin", environment: null };
    await appendAudit(tx, { project: "default", actor: "sluice", action: "token.create", subject: id, detail, at });
    return path;
  });
}
