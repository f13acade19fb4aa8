import type { GuardConfig, Instant } from "@sluice/core";
import { SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import { createOutageLog, isAway } from "../db/outage.log.ts";
import type { Database } from "../db/schema.ts";
import { createClaims } from "../engine/claims.ts";
import { type ArmsCounts, PromptGuard } from "./prompt.guard.ts";
import type { PromptRecord } from "./prompt.record.ts";
import { forgetOldGuards, saveGuard } from "./resolve.store.ts";
import type { Resolver } from "./resolver.ts";

interface KeeperDeps {
  db: Kysely<Database>;
  pool: pg.Pool;
  resolver: Resolver;
  logger: Logger;
  now: () => Instant;
}

/** By the clock alone, and never because somebody reported: looks that depend on outcomes are no evidence (ms). */
const TICK_MS = 200;
/** While the database is away. */
const AWAY_MS = 1_000;
const SWEEP_MS = 3_600_000;

interface Kept {
  guard: PromptGuard;
  /** Of what is on disk. */
  seq: number;
  giveBack: () => Promise<void>;
}

/**
 * The guards of prompts. Of several servers on one database one keeps a guard, the one that holds its claim; what it finds is on
 * disk before anybody acts on it, and every server closes the gate by reading that. A keeper that died is replaced, and the next
 * one goes on from the last look with all that was reported since.
 */
export function keepGuards({ db, pool, resolver, logger, now }: KeeperDeps): { close(): Promise<void> } {
  const claims = createClaims(pool, logger);
  const kept = new Map<string, Kept>();
  let sweptAt = now();
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let running = Promise.resolve();

  const release = async (id: string): Promise<void> => {
    const held = kept.get(id);
    kept.delete(id);
    await held?.giveBack().catch(() => undefined);
  };

  const take = async (id: string, config: GuardConfig): Promise<Kept | null> => {
    const giveBack = await claims.take(`resolver-guard:${id}`);
    if (giveBack === null) return null;
    try {
      // What another keeper wrote last may not be here yet.
      await resolver.refresh([id]);
      const record = resolver.prompts.byId(id);
      const wanted = record?.route.desired.guard;
      if (record === null || wanted?.hypothesis !== config.hypothesis) throw gone(id);
      const { guard, seq } = goOn(record, config, now(), logger);
      const held = { guard, seq, giveBack };
      kept.set(id, held);
      return held;
    } catch (error) {
      await giveBack().catch(() => undefined);
      throw error;
    }
  };

  const look = async (record: PromptRecord, config: GuardConfig): Promise<void> => {
    const { id } = record.route;
    const known = kept.get(id);
    if (known !== undefined && known.guard.config.hypothesis !== config.hypothesis) await release(id);
    const held = kept.get(id) ?? (await take(id, config));
    if (held === null) return;
    const current = resolver.prompts.byId(id);
    if (current === null) return;
    const changed = held.guard.look(countsOf(current, config), current.terms, now());
    if (!changed && held.seq > 0) return;
    const { hypothesis } = config;
    const stored = {
      hypothesis,
      seq: held.seq + 1,
      state: held.guard.state(),
      report: held.guard.report(),
      counts: held.guard.counts(),
    };
    if (!(await saveGuard(db, id, stored, new Date(now())))) throw gone(id);
    held.seq += 1;
  };

  const round = async (): Promise<void> => {
    const watched = new Map<string, [PromptRecord, GuardConfig]>();
    for (const record of resolver.prompts.values()) {
      const { guard } = record.route.desired;
      if (guard !== null) watched.set(record.route.id, [record, guard]);
    }
    for (const id of [...kept.keys()]) if (!watched.has(id)) await release(id);
    for (const [id, [record, config]] of watched) {
      if (closed) return;
      try {
        await look(record, config);
      } catch (error) {
        logger.debug({ err: error, deployment: id }, "a guard could not look; it goes on from what is on disk");
        await release(id);
        // The others would ask in vain, one after the other.
        if (isAway(error)) throw error;
      }
    }
    if (now() - sweptAt < SWEEP_MS) return;
    sweptAt = now();
    await forgetOldGuards(db);
  };

  const outages = createOutageLog(logger);
  const schedule = (delay: number): void => {
    if (closed) return;
    timer = setTimeout(() => {
      running = round().then(
        () => {
          outages.worked();
          schedule(TICK_MS);
        },
        (error: unknown) => {
          outages.failed(error, "the guards of prompts could not look; trying again");
          schedule(isAway(error) ? AWAY_MS : TICK_MS);
        },
      );
    }, delay);
  };
  schedule(TICK_MS);

  return {
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await running;
      for (const id of [...kept.keys()]) await release(id);
      claims.close();
    },
  };
}

/** From what is on disk, or from nothing. Evidence that cannot be read is lost, and no reason to watch nothing. */
function goOn(record: PromptRecord, config: GuardConfig, now: Instant, logger: Logger) {
  const { guard: stored, id } = record.route;
  if (stored !== null && stored.hypothesis === config.hypothesis) {
    try {
      return { guard: PromptGuard.resume(config, record.terms, stored.state, now), seq: stored.seq };
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === "data_loss")) throw error;
      logger.error({ err: error, deployment: id }, "a guard's state cannot be read; it begins anew");
    }
  }
  const seq = stored?.hypothesis === config.hypothesis ? stored.seq : 0;
  return { guard: PromptGuard.begin(config, record.terms, countsOf(record, config), now), seq };
}

const countsOf = (record: PromptRecord, { stable, candidate }: GuardConfig): ArmsCounts => ({
  stable: record.countsOf(stable),
  candidate: record.countsOf(candidate),
});

const gone = (id: string): SluiceError => new SluiceError("aborted", `another keeper of ${id} is ahead`);
