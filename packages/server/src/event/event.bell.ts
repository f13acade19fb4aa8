import type pg from "pg";
import type { Logger } from "pino";
import { createOutageLog } from "../db/outage.log.ts";
import { EVENT_CHANNEL } from "./event.store.ts";

export interface EventBell {
  /** Resolves at the next event of any project, after `milliseconds`, or when the signal aborts. */
  next(milliseconds: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A connection that broke is made again after this long; meanwhile streams look by themselves. */
const RECONNECT_AFTER = 500;

interface Options {
  pool: Pick<pg.Pool, "connect">;
  logger: Pick<Logger, "warn">;
}

/**
 * One connection that listens for all streams of this process.
 *
 * - **silent**: no stream waits, no connection is used. Left by the first `next`.
 * - **listening**: rings for every notification. Left by `close`, or when the connection breaks.
 * - **broken**: rings once, since something may have been missed, and connects again after a while, whoever asks before.
 */
export function createEventBell({ pool, logger }: Options): EventBell {
  const waiting = new Set<() => void>();
  const ring = (): void => {
    for (const wake of [...waiting]) wake();
  };
  let client: pg.PoolClient | null = null;
  let connecting: Promise<void> | null = null;
  let stands = false;
  let retry: NodeJS.Timeout | null = null;
  let closed = false;
  const outages = createOutageLog(logger);

  function lost(broken: pg.PoolClient | null, error: unknown): void {
    if (broken !== null && broken !== client) return;
    const stood = stands;
    client = null;
    stands = false;
    broken?.release(true);
    if (closed) return;
    outages.failed(error, "the connection that listens for events broke; connecting again");
    retry = setTimeout(() => {
      retry = null;
      listen();
    }, RECONNECT_AFTER);
    retry.unref();
    // Not at every attempt: whoever is rung up asks again, and would be rung up again at once.
    if (stood) ring();
  }

  function listen(): void {
    if (closed || client !== null || connecting !== null || retry !== null) return;
    connecting = connect().finally(() => {
      connecting = null;
    });
  }

  async function connect(): Promise<void> {
    let fresh: pg.PoolClient | null = null;
    try {
      fresh = await pool.connect();
      const mine = fresh;
      client = mine;
      mine.on("notification", ring);
      mine.on("error", (error) => lost(mine, error));
      mine.on("end", () => lost(mine, new Error("the connection ended")));
      await mine.query(`listen ${EVENT_CHANNEL}`);
      stands = client === mine;
      if (stands) outages.worked();
      ring();
    } catch (error) {
      lost(fresh, error);
    }
  }

  return {
    next(milliseconds, signal) {
      if (closed || signal.aborted) return Promise.resolve();
      listen();
      return new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        const timer = setTimeout(wake, milliseconds);
        signal.addEventListener("abort", wake);
        waiting.add(wake);
      });
    },
    async close() {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      ring();
      await connecting;
      client?.release(true);
      client = null;
    },
  };
}
