import { type Instant, invalidField, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { appendAudit } from "../audit/audit.store.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { findEnvironment } from "../environment/environment.store.ts";
import { appendEvents } from "../event/event.store.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { authorise, projectOf } from "./authorise.ts";
import { EndedTokenError } from "./guess.ts";
import type { Principal, Role } from "./principal.ts";
import { hashOf, newSecret } from "./token.secret.ts";
import {
  findToken,
  findTokenByHash,
  insertToken,
  listTokens,
  revokeToken,
  type StoredToken,
  touchToken,
} from "./token.store.ts";

export interface TokenInput {
  project?: string | undefined;
  name: string;
  role: Role;
  environment: string | null;
  expiresAt: string | null;
}

const REVOKED = "token.revoked";

/** A use is written down at most this often. */
const TOUCH_EVERY = 60_000;

export type TokenService = ReturnType<typeof createTokenService>;

export function createTokenService({ db, clock }: { db: Kysely<Database>; clock: () => Instant }) {
  return {
    /** Who the `Authorization` header stands for. Throws `unauthenticated`. */
    async authenticate(header: string | undefined): Promise<Principal> {
      const secret = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
      if (secret === undefined) {
        throw new SluiceError("unauthenticated", "the header `Authorization: Bearer <token>` is missing");
      }
      const token = await findTokenByHash(db, hashOf(secret));
      const now = clock();
      if (token === undefined) throw new SluiceError("unauthenticated", "the token is not known");
      if (token.revoked_at !== null) throw new EndedTokenError("the token was revoked");
      if (token.expires_at !== null && token.expires_at.getTime() <= now) {
        throw new EndedTokenError(`the token expired at ${token.expires_at.toISOString()}`);
      }
      if (now - (token.last_used_at?.getTime() ?? 0) >= TOUCH_EVERY) await touchToken(db, token.id, new Date(now));
      return { name: token.name, role: token.role, project: token.project, environment: token.environment };
    },

    /** The secret is in the answer, and nowhere else ever again. */
    async create(principal: Principal, input: TokenInput): Promise<{ token: StoredToken; secret: string }> {
      const project = projectOf(principal, input.project);
      authorise(principal, "token.write", { project });
      const now = new Date(clock());
      const expires = input.expiresAt === null ? null : new Date(input.expiresAt);
      if (expires !== null && expires <= now) throw invalidField("expiresAt", input.expiresAt, "a time to come");
      const secret = newSecret();
      const token = await db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        if (input.environment !== null && (await findEnvironment(tx, project, input.environment)) === undefined) {
          throw invalidField("environment", input.environment, `an environment of project ${project}, or null for all`);
        }
        const stored = await insertToken(tx, {
          id: newId("tok"),
          project,
          name: input.name,
          hash: hashOf(secret),
          role: input.role,
          environment: input.environment,
          created_at: now,
          created_by: principal.name,
          expires_at: expires,
        });
        const { name, role, environment } = stored;
        const detail = { name, role, environment, expiresAt: expires?.toISOString() ?? null };
        await appendAudit(tx, {
          project,
          actor: principal.name,
          action: "token.create",
          subject: stored.id,
          detail,
          at: now,
        });
        return stored;
      });
      return { token, secret };
    },

    async list(
      principal: Principal,
      query: { project?: string | undefined; limit: number; cursor?: string | undefined },
    ): Promise<Page<StoredToken>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "token.read", { project });
      const after = keyOfCursor(query.cursor);
      const andPlatform = principal.project === null;
      const rows = await listTokens(db, { project, andPlatform, after, limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.id,
        (row) => row,
      );
    },

    /** From the next request on nobody gets in with it. Revoking twice changes nothing. */
    async revoke(principal: Principal, id: string): Promise<StoredToken> {
      const found = await findToken(db, id);
      const missing = new SluiceError("not_found", `token ${id} does not exist`);
      if (found === undefined) throw missing;
      // Another project's, or the whole server's: not there for this principal, not even as a refusal.
      if (principal.project !== null && found.project !== principal.project) throw missing;
      const project = found.project ?? "default";
      authorise(principal, "token.write", { project });
      const now = new Date(clock());
      return db.transaction().execute(async (tx) => {
        const revoked = await revokeToken(tx, id, now);
        if (revoked === undefined) return found;
        const detail = { name: revoked.name };
        await appendAudit(tx, { project, actor: principal.name, action: "token.revoke", subject: id, detail, at: now });
        // Heard by every open stream, of which that of the token ends. Which one it is, is for those who may read tokens.
        const message = `a token was revoked by ${principal.name}`;
        const event = { project, deployment: null, rollout: null, type: REVOKED, message, alert: false, data: {} };
        await appendEvents(tx, [{ ...event, at: now }]);
        return revoked;
      });
    },
  };
}
