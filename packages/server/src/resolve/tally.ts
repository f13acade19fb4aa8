import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import { BIN } from "./counts.ts";
import type { Resolution } from "./prompt.record.ts";
import { addCounts, type CountRow } from "./resolve.store.ts";

/** Counts how often revisions are handed out. */
export interface Tally {
  /** On the hot path. What a rule decided is no reading of an arm: nobody's was drawn. */
  handedOut(deployment: string, resolution: Resolution): void;
  /** Since this process began, rules included. */
  readonly total: number;
  /** Writes them down from now on. Answers how to write the rest and end that. */
  keep(logger: Pick<Logger, "debug">): () => Promise<void>;
}

/**
 * Readings of prompts are written down about once a second. A server that is killed loses the last second's, of all versions alike;
 * nothing is judged by them but the share of an A/B test's readers that come to its goal.
 */
const WRITE_MS = 1_000;

export function createTally(db: Kysely<Database>): Tally {
  let counts = new Map<string, Map<number, number>>();
  let total = 0;
  const write = async (logger: Pick<Logger, "debug">): Promise<void> => {
    const taken = counts;
    counts = new Map();
    const rows = [...taken].flatMap(([deployment, revisions]) =>
      [...revisions].map(([revision, count]): CountRow => ({ deployment, revision, bin: BIN.handedOut, count })),
    );
    try {
      await addCounts(db, rows);
    } catch (error) {
      logger.debug({ err: error }, "readings of prompts could not be counted; trying again");
      for (const { deployment, revision, count } of rows) add(deployment, revision, count);
    }
  };

  const add = (deployment: string, revision: number, count: number): void => {
    const revisions = counts.get(deployment) ?? new Map<number, number>();
    revisions.set(revision, (revisions.get(revision) ?? 0) + count);
    counts.set(deployment, revisions);
  };

  return {
    handedOut(deployment, { revision, reason }) {
      total += 1;
      if (reason !== "TARGETING_MATCH") add(deployment, revision, 1);
    },
    get total() {
      return total;
    },
    keep(logger) {
      let writing: Promise<void> = Promise.resolve();
      const timer = setInterval(() => {
        writing = writing.then(() => write(logger));
      }, WRITE_MS);
      timer.unref();
      return async () => {
        clearInterval(timer);
        await writing;
        await write(logger);
      };
    },
  };
}
