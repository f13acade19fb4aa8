import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../testing/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** What a connection has prepared after `use`. */
const preparedBy = (use: (db: TestDatabase["db"]) => Promise<unknown>): Promise<string[]> =>
  database.db.connection().execute(async (db) => {
    await use(db);
    const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db);
    return rows.map(({ statement }) => statement);
  });

test("a statement with parameters is prepared once, however often it is used", async () => {
  const names = ["default", "other", "default"];
  const found: (string | undefined)[] = [];
  const prepared = await preparedBy(async (db) => {
    for (const name of names) {
      const row = await db.selectFrom("projects").select("name").where("name", "=", name).executeTakeFirst();
      found.push(row?.name);
    }
    await sql`select name from projects`.execute(db);
  });
  expect(found).toEqual(["default", undefined, "default"]);
  expect(prepared).toEqual(['select "name" from "projects" where "name" = $1']);
});

test("a column that a newer server adds does not break a statement in use", async () => {
  const read = () => database.db.selectFrom("projects").selectAll().where("name", "=", "default").executeTakeFirst();
  expect(Object.keys((await read()) ?? {})).toEqual(["name", "created_at"]);
  await database.pool.query("alter table projects add column colour text");
  expect(Object.keys((await read()) ?? {})).toEqual(["name", "created_at", "colour"]);
});

test("text that varies without end does not fill a connection", async () => {
  const prepared = await preparedBy(async (db) => {
    for (let at = 0; at < 250; at += 1) await sql`select ${at}::integer as ${sql.ref(`column_${at}`)}`.execute(db);
  });
  expect(prepared.length).toBeGreaterThan(100);
  expect(prepared.length).toBeLessThanOrEqual(200);
});
