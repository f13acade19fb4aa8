/**
 * What `bench/api.ts` measures, in a process of its own: the API on the embedded PostgreSQL (which waits for the disk at
 * every commit), and bare Fastify that answers the very bytes of one deployment. Tells its addresses on standard output.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import pino from "pino";
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

const dataDir = await mkdtemp(join(tmpdir(), "sluice-bench-api-"));
const logger = pino({ level: "silent" });
const database = await startEmbedded({ dataDir, logger });
const pool = createPool(database.url, CONNECTIONS, () => undefined);
await migrate(pool);
const db = createDatabase(pool);
const bell = createEventBell({ pool, logger });
const checks = { root: process.cwd(), programPath: "", targets: new Set(["process"]) };
const app = await createApp({
  config: { auth: false, rateLimit: 1_000_000_000, bodyLimit: 1_048_576 },
  logger,
  db,
  services: createServices({ db, clock: Date.now, bell, live, checks }),
  metrics: createMetrics(db),
});
const api = await app.listen({ host: "127.0.0.1", port: 0 });

await pool.query(
  "create table bench_commits (id bigint generated always as identity primary key, body jsonb not null)",
);
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

const bareApp = fastify();
bareApp.get("/", (_request, reply) => reply.type("application/json").send(answer));
const bare = await bareApp.listen({ host: "127.0.0.1", port: 0 });

process.send?.({ api, bare, database: database.url, deployment: id });
process.once("message", async () => {
  await Promise.all([app.close(), bareApp.close()]);
  await bell.close();
  await pool.end();
  await database.stop();
  await rm(dataDir, { recursive: true, force: true });
  process.disconnect();
});

async function send(path: string, body: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${api}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
