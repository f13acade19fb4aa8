import type pg from "pg";
import type { Logger } from "pino";

export interface Lease {
  release(): Promise<void>;
}

const CHECK_MS = 1_000;

/**
 * Tells living job runners from dead ones. A runner holds an advisory lock named after itself on a connection of its own
 * for as long as it lives; the database frees it the moment the process or the network dies. Whoever can take the lock
 * of another runner frees the jobs and queues that this one had locked, which otherwise stay locked for hours.
 */
export async function holdLease(pool: pg.Pool, runner: string, logger: Logger): Promise<Lease> {
  let client: pg.PoolClient | null = null;
  let released = false;
  let checking: Promise<void> = Promise.resolve();

  const acquire = async (): Promise<pg.PoolClient> => {
    const fresh = await pool.connect();
    fresh.once("error", () => {
      if (client === fresh) client = null;
    });
    await fresh.query("select pg_advisory_lock(hashtextextended($1, 0))", [runner]);
    return fresh;
  };

  const check = async (): Promise<void> => {
    try {
      client ??= await acquire();
      await freeTheDead(client, runner, logger);
    } catch (error) {
      if (!released) logger.debug({ err: error }, "the lease could not be looked after; trying again");
      client?.release(true);
      client = null;
    }
  };

  client = await acquire();
  await freeTheDead(client, runner, logger);
  const timer = setInterval(() => {
    checking = checking.then(check);
  }, CHECK_MS);
  return {
    async release() {
      released = true;
      clearInterval(timer);
      await checking;
      // The connection is closed, not given back: its lock goes with it.
      client?.release(true);
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
