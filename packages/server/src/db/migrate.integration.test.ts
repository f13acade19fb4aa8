import { afterAll, beforeAll, expect, test } from "vitest";
import { BEGINNING, eventsAfter } from "../event/event.reader.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { migrate } from "./migrate.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test("the three environments exist from the first start", async () => {
  const rows = await database.db.selectFrom("environments").select("name").orderBy("name").execute();
  expect(rows.map((row) => row.name)).toEqual(["development", "production", "staging"]);
});

test("the job queue's schema is there", async () => {
  const { rows } = await database.pool.query("select to_regclass('graphile_worker.jobs') is not null as present");
  expect(rows).toEqual([{ present: true }]);
});

test("servers that start together migrate once, and a second time changes nothing", async () => {
  expect(await Promise.all([migrate(database.pool), migrate(database.pool)])).toEqual([[], []]);
});

test("events of a restored dump, whose transactions this cluster has yet to begin, can be read", async () => {
  const { db, pool } = database;
  await pool.query(
    "insert into events (project, type, message, xact) values ('default', 'test', 'restored', '99999999999')",
  );
  const read = () => eventsAfter(db, { project: "default" }, BEGINNING, 10);
  expect(await read()).toEqual([]);
  await migrate(pool);
  expect(await read()).toMatchObject([{ message: "restored" }]);
});
