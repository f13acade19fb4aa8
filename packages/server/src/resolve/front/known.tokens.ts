import { SluiceError } from "@sluice/core";
import type { Principal } from "../../access/principal.ts";
import type { TokenService } from "../../access/token.service.ts";

/** Tokens that were good a moment ago, so that not every reading asks the database. */
export interface KnownTokens {
  /** Who the `Authorization` header stands for; null for one that is not known here, whether good or bad. */
  principalOf(header: string): Principal | null;
  /** Takes a header in that was just accepted. */
  learn(header: string): void;
  close(): void;
}

/** A token that was revoked or has expired opens nothing after this long (ms). */
const CHECK_MS = 1_000;
/** One that nobody shows is forgotten after so many checks. */
const IDLE_CHECKS = 30;
const MOST_TOKENS = 1_000;
const PROBES = 4;

interface Known {
  principal: Principal;
  used: boolean;
  idle: number;
}

/**
 * Every known token is checked again each second, used or not, until it was idle for a while. While the database is away nobody can
 * revoke one, and those that are known stay good.
 */
export function createKnownTokens(tokens: Pick<TokenService, "authenticate">): KnownTokens {
  const known = new Map<string, Known>();
  let checking = false;

  /** False when nobody can say. */
  const check = async (header: string, entry: Known): Promise<boolean> => {
    entry.idle = entry.used ? 0 : entry.idle + 1;
    entry.used = false;
    if (entry.idle > IDLE_CHECKS) {
      known.delete(header);
      return true;
    }
    try {
      entry.principal = await tokens.authenticate(header);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "unauthenticated") return false;
      known.delete(header);
    }
    return true;
  };

  const checkAll = async (): Promise<void> => {
    const all = [...known];
    // The first ones show whether the database is there to be asked a thousand times.
    const first = all.splice(0, PROBES);
    const answers = await Promise.all(first.map(([header, entry]) => check(header, entry)));
    if (answers.includes(true)) await Promise.all(all.map(([header, entry]) => check(header, entry)));
  };

  const timer = setInterval(() => {
    if (checking) return;
    checking = true;
    checkAll().finally(() => {
      checking = false;
    });
  }, CHECK_MS);
  timer.unref();

  return {
    principalOf(header) {
      const entry = known.get(header);
      if (entry === undefined) return null;
      entry.used = true;
      return entry.principal;
    },
    learn(header) {
      if (known.has(header) || known.size >= MOST_TOKENS) return;
      tokens.authenticate(header).then(
        (principal) => known.set(header, { principal, used: true, idle: 0 }),
        // Whoever shows it again is told by the usual way.
        () => undefined,
      );
    },
    close() {
      clearInterval(timer);
      known.clear();
    },
  };
}
