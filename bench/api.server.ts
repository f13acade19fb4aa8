/**
 * What `bench/api.ts` measures, in a process of its own: the API on the embedded PostgreSQL (which waits for the disk at
 * every commit), and bare Fastify that answers the very bytes of one deployment, at once or after one query. Tells its
 * addresses to the process that forked it, and takes everything away again when that one disconnects or dies.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import pino from "pino";
import { readConfig } from "../packages/server/src/config.ts";
import { createDatabase, createPool } from "../packages/server/src/db/database.ts";
import { startEmbedded } from "../packages/server/src/db/embedded.ts";
import { migrate } from "../packages/server/src/db/migrate.ts";
import type { Live } from "../packages/server/src/engine/live.ts";
import { createEventBell } from "../packages/server/src/event/event.bell.ts";
import { createApp } from "../packages/server/src/http/app.ts";
import { createMetrics } from "../packages/server/src/http/metrics.ts";
import { createServices } from "../packages/server/src/http/services.ts";

const CONNECTIONS = 10;

/** No engine, no instances, no gateway: the API alone. */
const live: Live = {
  gatewayUrl: "http://127.0.0.1:30080",
  observe: async () => [],
  logs: async function* () {},
  route: () => null,
  gatewayConnected: () => false,
  restart: async () => undefined,
};

await using stack = new AsyncDisposableStack();
const over = new Promise((resolve) => process.once("disconnect", resolve));
// Ctrl-C reaches the whole group: what is to be done then is done when the parent is gone.
process.on("SIGINT", () => undefined);

const dataDir = await mkdtemp(join(tmpdir(), "sluice-bench-api-"));
stack.defer(() => rm(dataDir, { recursive: true, force: true }));
const logger = pino({ level: "silent" });
const database = await startEmbedded({ dataDir, logger });
stack.defer(database.stop);
const pool = createPool(database.url, CONNECTIONS, () => undefined);
stack.defer(() => pool.end());
await migrate(pool);
const db = createDatabase(pool);
const bell = createEventBell({ pool, logger });
stack.defer(bell.close);
const checks = { root: process.cwd(), programPath: "", targets: new Set(["process"]) };
const app = await createApp({
  config: { auth: false, rateLimit: 1_000_000_000, bodyLimit: 1_048_576 },
  logger,
  db,
  services: createServices({ db, clock: Date.now, bell, live, checks, config: { ...readConfig({}), dataDir } }),
  metrics: createMetrics(db),
});
stack.defer(() => app.close());
const api = await app.listen({ host: "127.0.0.1", port: 0 });

await send("/v1/artifacts", { name: "bench", kind: "application" });
await send("/v1/artifacts/bench/versions", { version: "1.0.0", spec: { command: ["node", "server.mjs"] } });
const created = await send("/v1/deployments", {
  name: "read",
  artifact: "bench",
  version: "1.0.0",
  environment: "development",
});
const { id } = (created as { deployment: { id: string } }).deployment;
const answer = await (await fetch(`${api}/v1/deployments/${id}`)).text();
await pool.query("create table bench_rows (id bigint generated always as identity primary key, body text not null)");
await pool.query("insert into bench_rows (body) values ($1)", [answer]);

const bareApp = fastify();
stack.defer(() => bareApp.close());
bareApp.get("/", (_request, reply) => reply.type("application/json").send(answer));
bareApp.get("/row", async (_request, reply) => {
  const text = "select body from bench_rows where id = $1";
  const { rows } = await pool.query<{ body: string }>({ name: "row", text, values: [1] });
  return reply.type("application/json").send(rows[0]?.body);
});
const bare = await bareApp.listen({ host: "127.0.0.1", port: 0 });

process.send?.({ api, bare, database: database.url, deployment: id });
await over;

async function send(path: string, body: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${api}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
