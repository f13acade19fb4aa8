import { sql } from "kysely";
import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { createHints, type Hints } from "./hints.ts";

let database: TestDatabase;
let hints: Hints;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(() => {
  hints = createHints(database.db, pino({ level: "silent" }));
});
afterEach(() => hints.close());

async function woken(): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`select key from graphile_worker.jobs order by key`.execute(database.db);
  return rows.map(({ key }) => key);
}

describe("a change of the world", () => {
  test("is news to whoever reconciles the deployment, once, and a wake for all others", async () => {
    const watch = hints.watch("dep_a");
    expect(watch.news()).toBe(false);
    hints.changed("dep_a");
    hints.changed("dep_b");
    expect(watch.news()).toBe(true);
    expect(watch.news()).toBe(false);
    watch.end();
    await expect.poll(() => woken()).toEqual(["reconcile:dep_b"]);
  });

  test("that nobody asked for before the reconcile ended becomes a wake", async () => {
    const watch = hints.watch("dep_c");
    hints.changed("dep_c");
    expect(await woken()).not.toContain("reconcile:dep_c");
    watch.end();
    await expect.poll(() => woken()).toContain("reconcile:dep_c");
  });
});
