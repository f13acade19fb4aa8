import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Instant } from "@sluice/core";
import type { LightMyRequestResponse } from "fastify";
import pino from "pino";
import { type Config, readConfig } from "../config.ts";
import type { CheckEnvironment } from "../engine/checks.ts";
import type { Live } from "../engine/live.ts";
import { createEventBell } from "../event/event.bell.ts";
import { createApp } from "../http/app.ts";
import type { App } from "../http/app.types.ts";
import { createMetrics } from "../http/metrics.ts";
import { createServices, type Services } from "../http/services.ts";
import type { Resolver } from "../resolve/resolver.ts";
import { type TestDatabase, testDatabase } from "./database.ts";

export interface TestApp {
  app: App;
  database: TestDatabase;
  services: Services;
  dataDir: string;
  /** Sends a request; a body goes as JSON. */
  ask(method: Method, url: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  close(): Promise<void>;
}

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Answer {
  status: number;
  headers: LightMyRequestResponse["headers"];
  body: unknown;
  text: string;
}

interface Options {
  auth?: boolean;
  rateLimit?: number;
  bodyLimit?: number;
  handlerTimeout?: number;
  clock?: () => Instant;
  live?: Live;
  /** What of the configuration is not its default; the data folder is the test's own. */
  config?: Partial<Config>;
  database?: TestDatabase;
  /** Default: one that reads the database whenever it is asked. */
  resolver?: Resolver;
}

/** A running system without instances or gateway. */
export const nothingLive: Live = {
  gatewayUrl: "http://127.0.0.1:30080",
  observe: async () => [],
  logs: async function* () {},
  route: () => null,
  gatewayConnected: () => false,
  restart: async () => undefined,
};

/** Candidates run from the workspace's folder, on processes. */
export const CHECKS: CheckEnvironment = {
  root: process.cwd(),
  programPath: dirname(process.execPath),
  targets: new Set(["process"]),
};

/** The REST surface on a database of its own. */
export async function testApp(options: Options = {}): Promise<TestApp> {
  const database = options.database ?? (await testDatabase());
  const { db, pool } = database;
  const logger = pino({ level: "silent" });
  const bell = createEventBell({ pool, logger });
  const clock = options.clock ?? Date.now;
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-app-"));
  const config = { ...readConfig({}), dataDir, ...options.config };
  const { live = nothingLive, resolver } = options;
  const services = createServices({ db, clock, bell, live, checks: CHECKS, config, ...(resolver && { resolver }) });
  const { auth = false, rateLimit = 1_000_000, bodyLimit = 1_048_576, handlerTimeout = 30_000 } = options;
  const app = await createApp({
    config: { auth, rateLimit, bodyLimit },
    logger,
    db,
    services,
    metrics: createMetrics(db),
    handlerTimeout,
  });
  await app.ready();
  return {
    app,
    database,
    services,
    dataDir,
    async ask(method, url, { body, headers = {} } = {}) {
      const response = await app.inject({
        method,
        url,
        headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      });
      const isJson = String(response.headers["content-type"]).includes("json");
      return {
        status: response.statusCode,
        headers: response.headers,
        body: isJson ? response.json() : undefined,
        text: response.body,
      };
    },
    async close() {
      await app.close();
      await bell.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
