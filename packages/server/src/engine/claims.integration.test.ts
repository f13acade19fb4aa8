import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { type Claims, createClaims } from "./claims.ts";

const quiet = pino({ level: "silent" });

let database: TestDatabase;
let ours: Claims;
let theirs: Claims;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

// Each has a connection of its own, as two servers have.
beforeEach(() => {
  ours = createClaims(database.pool, quiet);
  theirs = createClaims(database.pool, quiet);
});
afterEach(() => {
  ours.close();
  theirs.close();
});

describe("a claim", () => {
  test("is held by one worker at a time, here and in another process, until it is given back", async () => {
    const giveBack = await ours.take("dep_a");
    expect(giveBack).not.toBeNull();
    expect(await ours.take("dep_a")).toBeNull();
    expect(await theirs.take("dep_a")).toBeNull();
    await giveBack?.();
    expect(await theirs.take("dep_a")).not.toBeNull();
    expect(await ours.take("dep_a")).toBeNull();
  });

  test("is of one deployment: others are free, also when asked for at the same moment", async () => {
    const taken = await Promise.all(["dep_a", "dep_b", "dep_c", "dep_a"].map((deployment) => ours.take(deployment)));
    expect(taken.map((giveBack) => giveBack !== null)).toEqual([true, true, true, false]);
  });

  test("ends with the connection of its holder, who can claim again on a new one", async () => {
    const giveBack = await ours.take("dep_a");
    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()",
    );
    await expect.poll(() => theirs.take("dep_a")).not.toBeNull();
    await giveBack?.();
    await expect.poll(() => ours.take("dep_b")).not.toBeNull();
    expect(await ours.take("dep_a")).toBeNull();
  });
});
