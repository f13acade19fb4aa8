import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { type EmbeddedDatabase, startEmbedded } from "./embedded.ts";

const logger = { info: () => undefined, warn: () => undefined };
const settings = { fsync: "off" };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** As mkdtemp makes it: closed to every other user, which matters when root runs the tests. */
async function closedFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-embedded-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(dataDir: string): Promise<EmbeddedDatabase> {
  const database = await startEmbedded({ dataDir, logger, settings });
  cleanups.push(() => database.stop().catch(() => undefined));
  return database;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

const pidOf = async (folder: string): Promise<number> =>
  Number.parseInt(await readFile(join(folder, "postgres/postmaster.pid"), "utf8"), 10);

test("a database that still runs is adopted, and a stopped one starts with what it had", async () => {
  const folder = await closedFolder();
  const first = await start(folder);
  await query(first.url, "create table kept as select 42 as answer");
  const second = await start(folder);
  expect(second).toMatchObject({ adopted: true, url: first.url });
  await second.stop();
  const third = await start(folder);
  expect(third.adopted).toBe(false);
  expect(await query(third.url, "select answer from kept")).toEqual([42]);
});

test("after kill -9 of PostgreSQL itself it starts again over its stale lock file", async () => {
  const folder = await closedFolder();
  const first = await start(folder);
  await query(first.url, "create table kept as select 42 as answer");
  process.kill(await pidOf(folder), "SIGKILL");
  const second = await start(folder);
  expect(await query(second.url, "select answer from kept")).toEqual([42]);
});

test("a lock file whose pid belongs to another program now does not stop the start, nor is that program touched", async () => {
  const folder = await closedFolder();
  const first = await start(folder);
  const lock = await readFile(join(folder, "postgres/postmaster.pid"), "utf8");
  await first.stop();
  await writeFile(join(folder, "postgres/postmaster.pid"), lock.replace(/^\d+/, String(process.pid)));
  const second = await start(folder);
  expect(await query(second.url, "select 1")).toEqual([1]);
});

test("the password is random, kept from other users, and needed", async () => {
  const folder = await closedFolder();
  const { url } = await start(folder);
  expect((await stat(join(folder, "postgres.password"))).mode & 0o777).toBe(0o600);
  const wrong = new URL(url);
  wrong.password = "sluice";
  await expect(query(wrong.href, "select 1")).rejects.toThrow("password authentication failed");
});

test("a start that cannot succeed tells what PostgreSQL said", async () => {
  const folder = await closedFolder();
  const first = await start(folder);
  await first.stop();
  await writeFile(join(folder, "postgres/PG_VERSION"), "12\n");
  await expect(start(folder)).rejects.toThrow("not compatible with this version");
});
