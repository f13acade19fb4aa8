import type { Instant, RouteObservation } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import { createOutageLog } from "../db/outage.log.ts";
import type { Database } from "../db/schema.ts";
import { createClaims } from "../engine/claims.ts";
import { forgetOldScores } from "../metric/score.store.ts";
import { forgetEnded, type JudgedRow, judgedRollouts, loadJudged } from "./judge.store.ts";
import { createReadSlots } from "./read.slots.ts";
import { RolloutWatch } from "./rollout.watch.ts";

export interface JudgesOptions {
  db: Kysely<Database>;
  pool: pg.Pool;
  /** What the gateway says of a deployment's route; null while it says nothing. */
  route: (deployment: string) => RouteObservation | null;
  /** Wakes a deployment; called after what the judge says is on disk. */
  changed: (deployment: string) => void;
  /** Judges only what this server sees; default: it is alone and sees everything. */
  server?: string;
  /** Folder that metrics' files are in. */
  root: string;
  logger: Logger;
  now: () => Instant;
}

export interface Judges {
  /** Keeps what the judges know and judges no more; another server, or this one after a restart, goes on. */
  close(): Promise<void>;
}

const EVERY_MS = 1_000;
const SWEEP_MS = 600_000;

/** Looks at so many rollouts at once. */
const ABREAST = 4;

interface Claimed {
  /** Null: this rollout is not judged. */
  watch: RolloutWatch | null;
  giveBack: () => Promise<void>;
}

/**
 * The life of the pooled judges: about once a second, every rollout whose candidate serves is looked at. Of several servers on one
 * database one judges a rollout: the one that holds its advisory lock (as for reconciles, ADR 5), which the database frees the moment
 * that process dies. Writes are fenced by their number besides, so two that think they hold it never undo each other's.
 */
export function startJudges(options: JudgesOptions): Judges {
  const { db, pool, logger } = options;
  const claims = createClaims(pool, logger);
  const claimed = new Map<string, Claimed>();
  const deps = { ...options, slots: createReadSlots() };
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let sweptAt = options.now();
  const outages = createOutageLog(logger);

  const claim = async (id: string): Promise<Claimed | null> => {
    const giveBack = await claims.take(`judge:${id}`);
    if (giveBack === null) return null;
    try {
      const judged = await loadJudged(db, id);
      const watch = judged === null ? null : await RolloutWatch.begin(deps, judged);
      return { watch, giveBack };
    } catch (error) {
      await giveBack();
      throw error;
    }
  };

  const release = async (id: string, keep: boolean): Promise<void> => {
    const held = claimed.get(id);
    claimed.delete(id);
    if (held === undefined) return;
    try {
      if (keep) await held.watch?.end();
      else held.watch?.abandon();
    } finally {
      await held.giveBack();
    }
  };

  const look = async ({ id, rowVersion }: JudgedRow): Promise<void> => {
    try {
      const held = claimed.get(id) ?? (await claim(id));
      if (held === null) return;
      claimed.set(id, held);
      if (held.watch === null) return;
      if (held.watch.rowVersion !== rowVersion) {
        const judged = await loadJudged(db, id);
        if (judged !== null) held.watch.refresh(judged);
      }
      await held.watch.look();
    } catch (error) {
      logger.warn({ err: error, rollout: id }, "a judge could not look; it goes on from what is on disk");
      await release(id, false).catch(() => undefined);
    }
  };

  const round = async (): Promise<void> => {
    const rows = await judgedRollouts(db, options.server ?? null);
    const wanted = new Set(rows.map(({ id }) => id));
    for (const id of [...claimed.keys()]) if (!wanted.has(id)) await release(id, true).catch(() => undefined);
    const queue = [...rows];
    await Promise.all(
      Array.from({ length: ABREAST }, async () => {
        for (let row = queue.shift(); row !== undefined && !closed; row = queue.shift()) await look(row);
      }),
    );
    if (options.now() - sweptAt < SWEEP_MS) return;
    sweptAt = options.now();
    await Promise.all([forgetEnded(db), forgetOldScores(db)]);
  };

  let running = Promise.resolve();
  const schedule = (delay: number): void => {
    if (closed) return;
    timer = setTimeout(() => {
      running = round()
        .then(outages.worked, (error: unknown) => outages.failed(error, "the judges could not look; trying again"))
        .finally(() => schedule(EVERY_MS));
    }, delay);
  };
  schedule(0);

  return {
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await running;
      for (const id of [...claimed.keys()]) {
        await release(id, true).catch((error: unknown) =>
          logger.warn({ err: error, rollout: id }, "a judge was cut off"),
        );
      }
      claims.close();
    },
  };
}
