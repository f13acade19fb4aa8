import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import { appendAudit } from "../audit/audit.store.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { hashOf, newSecret } from "./token.secret.ts";
import { findTokenByHash, hasPlatformAdmin, insertToken } from "./token.store.ts";

interface Options {
  db: Kysely<Database>;
  dataDir: string;
  /** What the administrator chose; null or absent: one is made. */
  given?: string | null;
  clock: () => Instant;
}

/**
 * Sees to it that somebody can get in when authentication is on: the token that was given administers every project. Without one,
 * and while no other does, makes one and writes it to `<dataDir>/admin-token`, readable by its owner alone. Returns that path when
 * it did, else null.
 */
export async function ensureAdminToken({ db, dataDir, given = null, clock }: Options): Promise<string | null> {
  const at = new Date(clock());
  const path = join(dataDir, "admin-token");
  return db.transaction().execute(async (tx) => {
    // Servers that start together make one token: the head of the audit chain is their turnstile.
    await tx.selectFrom("audit_heads").select("seq").where("project", "=", "default").forUpdate().executeTakeFirst();
    const known =
      given === null ? await hasPlatformAdmin(tx, at) : (await findTokenByHash(tx, hashOf(given))) !== undefined;
    if (known) return null;
    const secret = given ?? newSecret();
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
    if (given === null) await writeSecret(dataDir, path, secret);
    const detail = { name: "admin", role: "admin", environment: null };
    await appendAudit(tx, { project: "default", actor: "sluice", action: "token.create", subject: id, detail, at });
    return given === null ? path : null;
  });
}

/** Before the commit: a crash leaves a file that opens nothing, and the next start writes it anew. */
async function writeSecret(dataDir: string, path: string, secret: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}
