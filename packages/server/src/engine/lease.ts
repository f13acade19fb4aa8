import type pg from "pg";
import type { Logger } from "pino";

export interface Lease {
  release(): Promise<void>;
}

const CHECK_MS = 1_000;

/**
 * Tells living job runners from dead ones. A runner holds an advisory lock named after itself on a connection of its own
 * for as long as it lives; the database frees it the moment the process or the network dies. Whoever can take the lock
 * of another runner frees the jobs that this one had locked, which otherwise stay locked for hours. So do jobs of its own that
 * it does not know of: a connection that breaks after a job was locked and before the answer arrived leaves one behind.
 * `running` are the ids of those that it does know.
 */
export async function holdLease(
  pool: pg.Pool,
  runner: string,
  running: ReadonlySet<string>,
  logger: Logger,
): Promise<Lease> {
  let client: pg.PoolClient | null = null;
  let checking: Promise<void> = Promise.resolve();

  const drop = (): void => {
    // Closed, not given back: the lock goes with the connection.
    client?.release(true);
    client = null;
  };

  /** The end of a connection may be told when another one has taken its place. */
  const dropOnly = (broken: pg.PoolClient): void => {
    if (client === broken) drop();
  };

  const acquire = async (): Promise<pg.PoolClient> => {
    const connected = await pool.connect();
    client = connected;
    connected.once("error", () => dropOnly(connected));
    await connected.query("select pg_advisory_lock(hashtextextended($1, 0))", [runner]);
    return connected;
  };

  const check = async (): Promise<void> => {
    try {
      const connection = client ?? (await acquire());
      await freeTheDead(connection, runner, logger);
      await freeTheUnknown(connection, runner, running, logger);
    } catch (error) {
      logger.debug({ err: error }, "the lease could not be looked after; trying again");
      drop();
    }
  };

  try {
    await freeTheDead(await acquire(), runner, logger);
  } catch (error) {
    drop();
    throw error;
  }
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

/** A job is known to its runner long before this. Seconds. */
const UNKNOWN_AFTER = 5;

async function freeTheUnknown(
  client: pg.PoolClient,
  self: string,
  running: ReadonlySet<string>,
  logger: Logger,
): Promise<void> {
  // A job that has just ended and is still being deleted may be freed too, and is run once more: that changes nothing.
  const { rowCount } = await client.query(
    `update graphile_worker._private_jobs
     set locked_by = null, locked_at = null, attempts = greatest(0, attempts - 1), run_at = now()
     where locked_by = $1 and locked_at < now() - make_interval(secs => $2) and id <> all($3::bigint[])`,
    [self, UNKNOWN_AFTER, [...running]],
  );
  if (rowCount !== null && rowCount > 0) logger.info({ jobs: rowCount }, "freed jobs that nobody runs");
}
