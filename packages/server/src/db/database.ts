import { Kysely, type Transaction } from "kysely";
import pg from "pg";
import { AmbientPostgresDialect } from "./ambient.ts";
import { preparing } from "./prepared.ts";
import type { Database } from "./schema.ts";

/** A connection pool or the transaction in progress: stores take either, so that none escapes its transaction. */
export type Db = Kysely<Database> | Transaction<Database>;

const INT8 = 20;

/** bigint columns hold sequence numbers and fences, far below 2^53: they arrive as numbers. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
};

/**
 * Every query here finds few rows by an index, whatever its parameters are: one plan serves them all, and making it anew,
 * as PostgreSQL does where it hopes for a better one, costs more than the query (adding a job: twice as much). Tables are
 * in memory or on a disk without a head: an index is worth taking even where the table is still small.
 */
const PLANNING = "set plan_cache_mode = force_generic_plan; set random_page_cost = 1.1";

export function createPool(url: string, max: number, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    application_name: "sluice",
    // A database that is away is an answer to give soon, not a request to hold.
    connectionTimeoutMillis: 5_000,
    onConnect: async (client) => {
      await client.query(PLANNING);
    },
  });
  // A connection that dies, idle or in use, is replaced by the pool; without a listener it would end the process.
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  return pool;
}

export const createDatabase = (pool: pg.Pool): Kysely<Database> =>
  new Kysely<Database>({ dialect: new AmbientPostgresDialect({ pool: preparing(pool) }) });
