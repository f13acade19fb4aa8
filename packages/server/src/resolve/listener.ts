import type pg from "pg";
import type { Logger } from "pino";
import { createOutageLog } from "../db/outage.log.ts";

export interface Listener {
  close(): Promise<void>;
}

interface Options {
  pool: Pick<pg.Pool, "connect">;
  channel: string;
  /** What somebody said on the channel. */
  said: (payload: string) => void;
  /** The connection stands, for the first time or again: whatever was said before may have been missed. */
  connected: () => void;
  logger: Pick<Logger, "warn">;
}

/** A connection that broke is made again after this long. */
const RECONNECT_MS = 500;

/**
 * One connection that listens to a channel of the database.
 *
 * - **connecting**: from the start, and again after a while whenever the connection broke. Left when LISTEN is done.
 * - **listening**: everything said is handed on. Left by `close`, or when the connection breaks.
 */
export function listenTo({ pool, channel, said, connected, logger }: Options): Listener {
  let client: pg.PoolClient | null = null;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  const outages = createOutageLog(logger);
  let connecting: Promise<void> = connect();

  async function connect(): Promise<void> {
    let fresh: pg.PoolClient | null = null;
    try {
      fresh = await pool.connect();
      const mine = fresh;
      client = mine;
      mine.on("notification", ({ payload }) => said(payload ?? ""));
      mine.on("error", (error) => lost(mine, error));
      mine.on("end", () => lost(mine, new Error("the connection ended")));
      await mine.query(`listen ${channel}`);
      outages.worked();
      if (!closed) connected();
    } catch (error) {
      lost(fresh, error);
    }
  }

  function lost(broken: pg.PoolClient | null, error: unknown): void {
    if (broken !== null && broken !== client) return;
    client = null;
    broken?.release(true);
    if (closed) return;
    outages.failed(error, "the connection that listens to the database broke; connecting again", { channel });
    retry = setTimeout(() => {
      connecting = connect();
    }, RECONNECT_MS);
    retry.unref();
  }

  return {
    async close() {
      closed = true;
      clearTimeout(retry);
      await connecting;
      const last = client;
      client = null;
      last?.release(true);
    },
  };
}
