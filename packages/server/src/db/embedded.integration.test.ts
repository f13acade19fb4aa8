import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, expect, test, vi } from "vitest";
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

/** Starts the database in a server of its own, and kills that one without a word. Resolves to the database's address. */
async function startAndDie(dataDir: string): Promise<string> {
  const program = `
    import { startEmbedded } from ${JSON.stringify(new URL("./embedded.ts", import.meta.url).href)};
    const logger = { info() {}, warn() {} };
    const { url } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, logger, settings: { fsync: "off" } });
    process.stdout.write(url);
    setInterval(() => undefined, 1_000);`;
  const server = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = await once(server.stdout, "data");
  server.kill("SIGKILL");
  await once(server, "exit");
  return String(url);
}

test("a database outlives a server that is killed, and the next one adopts it", async () => {
  const folder = await closedFolder();
  const left = await startAndDie(folder);
  await query(left, "create table kept as select 42 as answer");
  const pid = await pidOf(folder);
  const adopted = await start(folder);
  expect(adopted).toMatchObject({ adopted: true, url: left });
  expect(await pidOf(folder)).toBe(pid);
  await adopted.stop();
  const next = await start(folder);
  expect(next.adopted).toBe(false);
  expect(await query(next.url, "select answer from kept")).toEqual([42]);
});

test("after kill -9 of PostgreSQL it comes back at the same address with what it had", async () => {
  const folder = await closedFolder();
  const { url } = await start(folder);
  await query(url, "create table kept as select 42 as answer");
  const killed = await pidOf(folder);
  process.kill(killed, "SIGKILL");
  const back = async () => {
    expect(await query(url, "select answer from kept")).toEqual([42]);
    expect(await pidOf(folder)).not.toBe(killed);
  };
  await vi.waitFor(back, { timeout: 40_000, interval: 100 });
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
