import { AsyncLocalStorage } from "node:async_hooks";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import { wakeDeployment } from "./wake.ts";

export interface Hints {
  /** Something about the deployment changed in the world. */
  changed(deployment: string): void;
  /** Until it ends, changes of the deployment are news for whoever reconciles it, and no wakes. */
  watch(deployment: string): Watch;
  close(): Promise<void>;
}

export interface Watch {
  /** Whether something changed since this was asked last. */
  news(): boolean;
  /** News that nobody asked for become a wake. */
  end(): void;
}

/** Changes that come in a bunch are one wake. */
const DEBOUNCE_MS = 20;
const RETRY_MS = 500;

/** Turns changes of the world into wakes. Those that cannot be written, because the database is away, are kept until they can. */
export function createHints(db: Kysely<Database>, logger: Logger): Hints {
  let waiting = new Set<string>();
  /** Deployments that are being reconciled here, and whether they have news. */
  const watched = new Map<string, boolean>();
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let closed = false;
  // A change may be noticed while a request is answered; its wake must not take part in that request's transaction.
  const outside = AsyncLocalStorage.snapshot();

  const schedule = (delay: number): void => {
    if (timer !== null || closed) return;
    timer = setTimeout(() => {
      timer = null;
      writing = outside(flush);
    }, delay);
  };

  const flush = async (): Promise<void> => {
    const deployments = waiting;
    waiting = new Set();
    for (const deployment of deployments) {
      try {
        await wakeDeployment(db, deployment);
        deployments.delete(deployment);
      } catch (error) {
        logger.debug({ err: error }, "a wake could not be written; trying again");
        for (const left of deployments) waiting.add(left);
        return schedule(RETRY_MS);
      }
    }
  };

  const changed = (deployment: string): void => {
    if (watched.has(deployment)) {
      watched.set(deployment, true);
      return;
    }
    waiting.add(deployment);
    schedule(DEBOUNCE_MS);
  };

  return {
    changed,
    watch(deployment) {
      watched.set(deployment, false);
      const news = (): boolean => {
        const found = watched.get(deployment) ?? false;
        watched.set(deployment, false);
        return found;
      };
      return {
        news,
        end() {
          const missed = news();
          watched.delete(deployment);
          if (missed) changed(deployment);
        },
      };
    },
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await writing;
    },
  };
}
