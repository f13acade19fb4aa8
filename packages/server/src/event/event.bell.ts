import type pg from "pg";
import type { Logger } from "pino";
import { EVENT_CHANNEL } from "./event.store.ts";

export interface EventBell {
  /** Resolves at the next event of any project, after `milliseconds`, or when the signal aborts. */
  next(milliseconds: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A connection that broke is made again after this long; meanwhile streams look by themselves. */
const RECONNECT_AFTER = 500;

interface Options {
  pool: pg.Pool;
  logger: Pick<Logger, "warn">;
}

/**
 * One connection that listens for all streams of this process.
 *
 * - **silent**: no stream waits, no connection is used. Left by the first `next`.
 * - **listening**: rings for every notification. Left by `close`, or when the connection breaks.
 * - **broken**: rings once, since something may have been missed, and connects again after a while.
 */
export function createEventBell({ pool, logger }: Options): EventBell {
  const waiting = new Set<() => void>();
  const ring = (): void => {
    for (const wake of [...waiting]) wake();
  };
  let client: pg.PoolClient | null = null;
  let connecting: Promise<void> | null = null;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  function lost(broken: pg.PoolClient | null, error: unknown): void {
    if (broken !== null && broken !== client) return;
    client = null;
    broken?.release(true);
    if (closed) return;
    logger.warn({ err: error }, "the connection that listens for events broke; connecting again");
    ring();
    retry = setTimeout(listen, RECONNECT_AFTER);
    retry.unref();
  }

  function listen(): void {
    if (closed || client !== null || connecting !== null) return;
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
      clearTimeout(retry);
      ring();
      await connecting;
      client?.release(true);
      client = null;
    },
  };
}
