import type pg from "pg";
import type { Logger } from "pino";

export interface Claims {
  /** Takes the deployment until the answer is called; null while somebody else has it, here or in another process. */
  take(deployment: string): Promise<(() => Promise<void>) | null>;
  /** Gives up whatever is still held. */
  close(): void;
}

/** Leases are locks of the same space: a deployment is never named as a runner is. */
const TAKE = "select pg_try_advisory_lock(hashtextextended($1, 0)) as taken";
const GIVE_BACK = "select pg_advisory_unlock(hashtextextended($1, 0))";

/**
 * One reconcile a deployment at a time, over all processes of one database: advisory locks on a connection of their own. They
 * cost no row and no commit, and the database frees them the moment the process or the network dies. The fences of what is
 * written and applied hold without them; they save reconciles from writing against each other.
 *
 * Named queues of graphile-worker would do the same, at a price that grows with the number of deployments: taking one job
 * locks the row of every queue that is free (ADR 5).
 */
export function createClaims(pool: pg.Pool, logger: Logger): Claims {
  /** A connection takes a lock as often as it asks: what is held here must be known here. */
  const held = new Set<string>();
  let connecting: Promise<pg.PoolClient> | null = null;
  const dropped = new WeakSet<pg.PoolClient>();
  let closed = false;
  // One statement at a time is all that a connection takes.
  let turn: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work, work);
    turn = result.catch(() => undefined);
    return result;
  };

  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect();
    client.once("error", () => drop(client));
    if (closed) drop(client);
    return client;
  };

  /** Closed, not given back: its locks go with the connection. */
  const drop = (client: pg.PoolClient): void => {
    if (dropped.has(client)) return;
    dropped.add(client);
    connecting = null;
    client.release(true);
  };

  const lock = async (deployment: string): Promise<pg.PoolClient | null> => {
    connecting ??= connect();
    let client: pg.PoolClient;
    try {
      client = await connecting;
    } catch (error) {
      connecting = null;
      throw error;
    }
    const { rows } = await client.query<{ taken: boolean }>({ name: "sluice_claim", text: TAKE, values: [deployment] });
    return rows[0]?.taken === true ? client : null;
  };

  const unlock = async (client: pg.PoolClient, deployment: string): Promise<void> => {
    if (dropped.has(client)) return;
    try {
      await client.query({ name: "sluice_give_back", text: GIVE_BACK, values: [deployment] });
    } catch (error) {
      logger.debug({ err: error, deployment }, "a claim could not be given back; it goes with its connection");
      drop(client);
    }
  };

  return {
    async take(deployment) {
      if (held.has(deployment)) return null;
      held.add(deployment);
      try {
        const client = await inTurn(() => lock(deployment));
        if (client === null) {
          held.delete(deployment);
          return null;
        }
        return async () => {
          await inTurn(() => unlock(client, deployment));
          held.delete(deployment);
        };
      } catch (error) {
        held.delete(deployment);
        throw error;
      }
    },
    close() {
      closed = true;
      connecting?.then(drop, () => undefined);
    },
  };
}
