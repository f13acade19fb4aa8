import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createDatabase, createPool } from "../db/database.ts";
import { type EmbeddedDatabase, startEmbedded } from "../db/embedded.ts";
import { migrate } from "../db/migrate.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { readMessages } from "../testing/sse.ts";

const logger = { info: () => undefined, warn: () => undefined };
const settings = { fsync: "off" };
let folder: string;
let server: EmbeddedDatabase;
let api: TestApp;
let address: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-outage-"));
  server = await startEmbedded({ dataDir: folder, logger, settings });
  const pool = createPool(server.url, 5, () => undefined);
  await migrate(pool);
  api = await testApp({ database: { pool, db: createDatabase(pool), url: server.url, close: () => pool.end() } });
  address = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await api.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const create = (name: string) => api.ask("POST", "/v1/artifacts", { body: { name, kind: "agent" } });

test("while the database is away requests are unavailable, nothing dies, and all comes back by itself", async () => {
  await using stream = await readMessages(`${address}/v1/events`);
  expect(await create("before")).toMatchObject({ status: 201 });
  await server.stop();
  for (const ask of [() => create("meanwhile"), () => api.ask("GET", "/v1/artifacts")]) {
    expect(await ask()).toMatchObject({
      status: 503,
      headers: { "retry-after": "2", "content-type": "application/problem+json" },
      body: { code: "unavailable" },
    });
  }
  expect(await api.ask("GET", "/readyz")).toMatchObject({
    status: 503,
    body: { ready: false, checks: { database: "failed" } },
  });
  expect(await api.ask("GET", "/healthz")).toMatchObject({ status: 200 });
  expect(await api.ask("GET", "/metrics")).toMatchObject({ status: 200 });

  server = await startEmbedded({ dataDir: folder, logger, settings });
  // It came back on another port; a PostgreSQL with a fixed address needs nothing of the kind.
  Object.assign(api.database.pool.options, { connectionString: server.url });
  await vi.waitFor(async () => expect(await api.ask("GET", "/readyz")).toMatchObject({ status: 200 }), {
    timeout: 30_000,
  });
  expect(await create("after")).toMatchObject({ status: 201 });
  expect(await api.ask("GET", "/v1/artifacts")).toMatchObject({
    body: { items: [{ name: "after" }, { name: "before" }] },
  });
  await api.database.pool.query(
    "insert into events (project, type, message) values ('default', 'test.outage.over', 'the stream lived on')",
  );
  expect((await stream.take(1))[0]?.data.message).toBe("the stream lived on");
});

test("connections that are cut in the middle of requests lose nothing acknowledged", async () => {
  const cut = () =>
    api.database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
  const acknowledged: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    const names = Array.from({ length: 4 }, (_, at) => `cut-${round}-${at}`);
    const [answers] = await Promise.all([Promise.all(names.map(create)), cut().catch(() => undefined)]);
    for (const [at, answer] of answers.entries()) {
      expect([201, 503]).toContain(answer.status);
      if (answer.status === 201) acknowledged.push(names[at] ?? "");
    }
  }
  const { rows } = await api.database.pool.query("select name from artifacts");
  const stored = new Set(rows.map((row: { name: string }) => row.name));
  expect(acknowledged.filter((name) => !stored.has(name))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect((await api.ask("GET", "/v1/audit/verify")).body).toMatchObject({ valid: true });
});
