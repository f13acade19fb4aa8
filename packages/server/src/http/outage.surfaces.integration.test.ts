import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { createDatabase, createPool } from "../db/database.ts";
import { type EmbeddedDatabase, startEmbedded } from "../db/embedded.ts";
import { migrate } from "../db/migrate.ts";
import { startGrpc } from "../grpc/grpc.server.ts";
import { type ReflectingClient, reflectingClient } from "../grpc/testing/reflecting.client.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { type Operation, operationsOf } from "../testing/operations.ts";
import { createMetrics } from "./metrics.ts";

/** Every operation of every surface while the database is away: unavailable, with the word to come back, and never a bug. */
const logger = { info: () => undefined, warn: () => undefined };
let folder: string;
let server: EmbeddedDatabase;
let api: TestApp;
let grpc: Awaited<ReturnType<typeof startGrpc>>;
let client: ReflectingClient;
let operations: Operation[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-outage-surfaces-"));
  server = await startEmbedded({ dataDir: folder, logger, settings: { fsync: "off" } });
  const pool = createPool(server.url, 5, () => undefined);
  await migrate(pool);
  const db = createDatabase(pool);
  api = await testApp({ database: { pool, db, url: server.url, close: () => pool.end() } });
  grpc = await startGrpc({
    config: { ...readConfig({ SLUICE_GRPC_PORT: "0", SLUICE_RATE_LIMIT: "1000000" }), auth: false },
    services: api.services,
    db,
    metrics: createMetrics(db),
    readiness: {},
    logger: pino({ level: "silent" }),
  });
  client = await reflectingClient(grpc.address);
  operations = await operationsOf(api);
  await server.stop();
});
afterAll(async () => {
  client.close();
  await grpc.close();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

/** What they answer is known without it: code, the catalogue, the server itself. */
const WITHOUT = new Set([
  ...["getOpenApi", "getMetrics", "getHealth", "getManifestSchema", "listRoles", "listTemplates", "getTemplate"],
  ...["getTargetOutlook", "getSession", "deleteSession"],
]);
/** A stream that has begun goes on when the database is back. What an upload says of itself is read before anything else; see the uploads' tests. */
const OTHERWISE = new Set([
  "createModelUpload",
  "sendModelUpload",
  "uploadModel",
  "readLogs",
  "readWorkflowLogs",
  "readJobLogs",
]);

const filled = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    if (name === "command") return "cancel";
    return path.startsWith("/api/v1/") && !path.includes("pipelines") ? "1" : (PLACES[name] ?? "1");
  });
const PLACES: Readonly<Record<string, string>> = {
  name: "greeter",
  id: "greeter",
  deployment: "greeter",
  key: "greeter",
};

test("by HTTP every operation is unavailable, and says when to come back", async () => {
  const asked = operations.filter(({ id }) => !WITHOUT.has(id) && !OTHERWISE.has(id));
  expect(asked.length).toBeGreaterThan(140);
  const wrong: string[] = [];
  for (const { method, path, id, body } of asked) {
    const query = id === "listFeedback" ? "?deployment=greeter" : "";
    const headers = { accept: "application/json" };
    const answer = await api.ask(method, `${filled(path)}${query}`, { headers, ...(body !== undefined && { body }) });
    const { "retry-after": retryAfter } = answer.headers;
    if (answer.status === 503 && retryAfter === "2") continue;
    wrong.push(`${id}: ${answer.status} ${retryAfter} ${answer.text.slice(0, 200)}`);
  }
  expect(wrong).toEqual([]);
});

test.each([
  ["CreateDeployment", { prompt_id: "greeting", to_version: 1, environment: "production" }],
  ["GetDeployment", { id: "rol_1" }],
  ["ListDeployments", {}],
  ["ApproveDeployment", { id: "rol_1" }],
  ["RollbackDeployment", { id: "rol_1", reason: "why" }],
  ["CancelDeployment", { id: "rol_1", reason: "why" }],
  ["GetDeploymentStatus", { id: "rol_1" }],
  ["ListQualityGates", {}],
])("by gRPC %s is unavailable", async (method, request) => {
  const failure = await client
    .call(`delos.deploy.v1.DeployService/${method}`, request)
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "UNAVAILABLE" });
});
