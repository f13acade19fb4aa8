import type pg from "pg";
import type { Logger } from "pino";

export interface Lease {
  release(): Promise<void>;
}

const CHECK_MS = 1_000;

/**
 * Tells living job runners from dead ones. A runner holds an advisory lock named after itself on a connection of its own
 * for as long as it lives; the database frees it the moment the process or the network dies. Whoever can take the lock
 * of another runner frees the jobs that this one had locked, which otherwise stay locked for hours.
 */
export async function holdLease(pool: pg.Pool, runner: string, logger: Logger): Promise<Lease> {
  let client: pg.PoolClient | null = null;
  let checking: Promise<void> = Promise.resolve();

  const drop = (): void => {
    // Closed, not given back: the lock goes with the connection.
    client?.release(true);
    client = null;
  };

  const acquire = async (): Promise<pg.PoolClient> => {
    client = await pool.connect();
    client.once("error", drop);
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [runner]);
    return client;
  };

  const check = async (): Promise<void> => {
    try {
      await freeTheDead(client ?? (await acquire()), runner, logger);
    } catch (error) {
      logger.debug({ err: error }, "the lease could not be looked after; trying again");
      drop();
    }
  };

  await freeTheDead(await acquire(), runner, logger);
  const timer = setInterval(() => {
    checking = checking.then(check);
  }, CHECK_MS);
  return {
    async release() {
      clearInterval(timer);
      await checking;
      drop();
    },
  };
}

async function freeTheDead(client: pg.PoolClient, self: string, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ locked_by: string }>(
    `select distinct locked_by from graphile_worker.jobs where locked_by is not null and locked_by <> $1`,
    [self],
  );
  for (const { locked_by: runner } of rows) {
    const { rows: answers } = await client.query<{ dead: boolean }>(
      "select pg_try_advisory_lock(hashtextextended($1, 0)) as dead",
      [runner],
    );
    if (answers[0]?.dead !== true) continue;
    await client.query("select graphile_worker.force_unlock_workers($1::text[])", [[runner]]);
    await client.query("select pg_advisory_unlock(hashtextextended($1, 0))", [runner]);
    logger.info({ runner }, "freed the jobs of a runner that died");
  }
}
