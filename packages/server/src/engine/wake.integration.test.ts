import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { wakeDeployment } from "./wake.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test("a wake that is written while the pending one is being taken is a wake of its own", async () => {
  const { db } = database;
  await wakeDeployment(db, "dep_a");
  const taker = await database.pool.connect();
  await taker.query("begin");
  await taker.query("update graphile_worker._private_jobs set locked_at = now(), locked_by = 'somebody'");
  const woken = wakeDeployment(db, "dep_a");
  await expect
    .poll(async () => {
      const { rows } = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
      return rows.length;
    })
    .toBe(1);
  await taker.query("commit");
  taker.release();
  await woken;
  const { rows } = await sql`
    select from graphile_worker.jobs where key = 'reconcile:dep_a' and locked_at is null`.execute(db);
  expect(rows).toHaveLength(1);
});
