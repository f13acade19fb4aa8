import type { Kysely } from "kysely";
import type pg from "pg";
import { v7 } from "uuid";
import { inject } from "vitest";
import { createDatabase, createPool } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { statement, withDatabase } from "./global-setup.ts";

export interface TestDatabase {
  db: Kysely<Database>;
  pool: pg.Pool;
  url: string;
  /** Ends the pool and drops the database, also under connections still open. */
  close(): Promise<void>;
}

/** A migrated database of its own for one integration test file (or test). */
export async function testDatabase(connections = 10): Promise<TestDatabase> {
  const server = inject("databaseUrl");
  const name = `sluice_test_${v7().replaceAll("-", "")}`;
  await statement(server, `create database ${name} template ${inject("databaseTemplate")}`);
  const url = withDatabase(server, name);
  const pool = createPool(url, connections, () => undefined);
  return {
    db: createDatabase(pool),
    pool,
    url,
    close: async () => {
      await pool.end();
      await statement(server, `drop database ${name} with (force)`);
    },
  };
}
