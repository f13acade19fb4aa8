import { type Runtime, SluiceError } from "@sluice/core";
import { createProcessRuntime } from "@sluice/runtimes";
import type { Logger } from "pino";
import { ensureAdminToken } from "./access/admin-token.ts";
import type { Config } from "./config.ts";
import { lockDataFolder, removeServerInfo, writeServerInfo } from "./data-folder.ts";
import { createDatabase, createPool } from "./db/database.ts";
import { startEmbedded } from "./db/embedded.ts";
import { migrate } from "./db/migrate.ts";
import { createOutageLog } from "./db/outage.log.ts";
import { machineCapacity } from "./engine/checks/machine.ts";
import { crashAt } from "./engine/crash.ts";
import { startEngine } from "./engine/engine.ts";
import { createLive } from "./engine/live.system.ts";
import { createEventBell } from "./event/event.bell.ts";
import { startGrpc } from "./grpc/grpc.server.ts";
import { createApp } from "./http/app.ts";
import { createMetrics } from "./http/metrics.ts";
import { createServices } from "./http/services.ts";
import { startJudges } from "./judge/judge.service.ts";
import { startBackground } from "./kinds/background.ts";
import { createMaking } from "./kinds/making.ts";
import { createLogger } from "./logger.ts";
import { startNotifications } from "./notification/notifications.ts";
import { putInFront } from "./resolve/front/front.ts";
import { createKnownTokens } from "./resolve/front/known.tokens.ts";
import { joinedLink } from "./resolve/resolver.link.ts";
import { startResolving } from "./resolve/resolving.ts";
import { startGateway, stopGateway } from "./routing/gateway.process.ts";
import { startClockwork } from "./schedule/clockwork.ts";
import { startKeeper } from "./workflow/keeper.ts";

export interface RunningServer {
  /** Of the REST API. */
  url: string;
  gatewayUrl: string;
  /** `host:port` of gRPC. */
  grpcAddress: string;
  /** Stops the server alone, in order; instances and gateway go on. */
  stop(): Promise<void>;
}

interface ServerOptions {
  logger?: Logger;
  /** Folder that relative working folders are in; default: where the process was started. */
  root?: string;
}

/** Connections besides those of the engine's workers: requests, the lease, LISTEN of jobs and of events. */
const OTHER_CONNECTIONS = 20;

/** What has been started, and how to stop it: the last one first. */
class Stack {
  readonly #steps: { stop: () => Promise<unknown>; after: "start failed" | "any run" }[] = [];

  add(stop: () => Promise<unknown>): void {
    this.#steps.push({ stop, after: "any run" });
  }

  /** What goes on when a server that was ready stops, and not when it never was. */
  addForFailedStart(stop: () => Promise<unknown>): void {
    this.#steps.push({ stop, after: "start failed" });
  }

  async unwind(logger: Logger, { started }: { started: boolean }): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      if (started && step.after === "start failed") continue;
      await step
        .stop()
        .catch((error: unknown) => logger.warn({ err: error }, "a part of the server did not stop cleanly"));
    }
  }
}

/**
 * Starts everything: database, runtimes, gateway, engine, REST API. What still runs from before is adopted.
 * Throws when another server has the data folder, or when a part cannot start; then nothing of it is left running.
 */
export async function startServer(config: Config, options: ServerOptions = {}): Promise<RunningServer> {
  const logger = options.logger ?? createLogger(config);
  const stack = new Stack();
  try {
    const server = await start(config, options.root ?? process.cwd(), logger, stack);
    return { ...server, stop: () => stack.unwind(logger, { started: true }) };
  } catch (error) {
    await stack.unwind(logger, { started: false });
    throw error;
  }
}

async function start(config: Config, root: string, logger: Logger, stack: Stack): Promise<Omit<RunningServer, "stop">> {
  const { dataDir } = config;
  if (config.tracing !== null) {
    // Loaded by those who ask for traces alone.
    const { startTracing } = await import("./tracing/tracing.ts");
    stack.add(startTracing(config.tracing, config.version).close);
  }
  const crash = crashAt(config.crashAt);
  stack.add(await lockDataFolder(dataDir));

  const pool = await openDatabase(config, logger, stack);
  const db = createDatabase(pool);
  const runtimes = await startRuntimes(config, logger, stack);
  const gateway = await startGateway({ config, logger });
  if (gateway.isNew) stack.addForFailedStart(() => stopGateway(dataDir, logger));
  stack.add(gateway.leave);
  const resolving = await startResolving({ db, pool, logger: logger.child({ part: "resolver" }), now: Date.now });
  stack.add(resolving.close);
  const link = joinedLink(gateway.link, resolving.resolver);

  const programPath = config.programEnv.PATH ?? "";
  const checks = {
    root,
    programPath,
    targets: new Set(runtimes.keys()),
    capacity: machineCapacity(),
    python: config.models.python,
  };
  const engine = await startEngine({
    db,
    pool,
    link,
    runtimes,
    checks,
    routing: config,
    evaluationService: config.evaluationService,
    osvFolder: config.osvDir,
    making: (changed) => createMaking({ db, config, logger: logger.child({ part: "making" }), changed }),
    commands: config,
    workers: config.workers,
    maxActiveRollouts: config.maxActiveRollouts,
    logger: logger.child({ part: "engine" }),
    now: Date.now,
    crash,
  });
  stack.add(engine.close);
  const judges = startJudges({
    db,
    pool,
    route: link.route,
    changed: engine.changed,
    root,
    logger: logger.child({ part: "judge" }),
    now: Date.now,
  });
  stack.add(judges.close);

  if (config.auth) {
    const path = await ensureAdminToken({ db, dataDir, clock: Date.now });
    if (path !== null) logger.info({ path }, "the first administrator's token is in this file");
  }
  const bell = createEventBell({ pool, logger });
  stack.add(bell.close);
  const live = createLive({ gatewayUrl: gateway.url, link, runtimes });
  const clockwork = startClockwork({ db, pool, clock: Date.now, live, logger: logger.child({ part: "schedule" }) });
  stack.add(clockwork.close);
  const notifications = startNotifications({
    db,
    pool,
    bell,
    live,
    capacity: checks.capacity,
    config,
    logger: logger.child({ part: "notifications" }),
    now: Date.now,
  });
  stack.add(notifications.close);
  const services = createServices({ db, clock: Date.now, bell, live, checks, config, resolver: resolving.resolver });
  const metrics = createMetrics(db);
  const readiness = {
    gateway: async () => {
      if (!gateway.link.connected()) throw new Error("the gateway does not answer");
    },
  };
  const app = await createApp({ config, logger: logger.child({ part: "http" }), db, services, metrics, readiness });
  stack.add(() => app.close());
  const known = createKnownTokens(services.tokens);
  stack.add(async () => known.close());
  const { resolver, resolveLimit } = services;
  putInFront(app, { auth: config.auth, tokens: known, resolver, limit: resolveLimit, random: Math.random });
  const background = startBackground({ pool, dataDir, db, live, services, clock: Date.now, logger });
  stack.add(background.close);
  const grpc = await startGrpc({ config, services, db, metrics, readiness, logger: logger.child({ part: "grpc" }) });
  stack.add(grpc.close);
  const grpcAddress = grpc.address;
  const url = await app.listen({ host: config.bind, port: config.httpPort }).catch((error: unknown) => {
    throw isTaken(error) ? portTaken(config) : error;
  });
  const keeper = await startKeeper({
    ...{ db, pool, bell, services, dataDir, root, url, now: Date.now },
    ...config.workflows,
    programEnv: config.programEnv,
    osvDir: config.osvDir,
    gatewayUrl: gateway.url,
    logger: logger.child({ part: "workflows" }),
  });
  stack.add(keeper.close);
  await writeServerInfo(dataDir, {
    pid: process.pid,
    url,
    gatewayUrl: gateway.url,
    grpcAddress,
    startedAt: Date.now(),
  });
  stack.add(() => removeServerInfo(dataDir));
  for (const note of config.notes) logger.info(note);
  logger.info({ url, gateway: gateway.url, grpc: grpcAddress }, "ready");
  return { url, gatewayUrl: gateway.url, grpcAddress };
}

const isTaken = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EADDRINUSE";

const portTaken = ({ bind, httpPort }: Config): SluiceError =>
  new SluiceError(
    "failed_precondition",
    `SLUICE_HTTP_PORT is ${httpPort}, and another program listens at ${bind}:${httpPort}; allowed: a port that is free`,
  );

async function openDatabase(config: Config, logger: Logger, stack: Stack) {
  let url = config.databaseUrl;
  if (url === null) {
    const embedded = await startEmbedded({ dataDir: config.dataDir, logger });
    stack.add(embedded.stop);
    url = embedded.url;
  }
  const outages = createOutageLog(logger);
  const pool = createPool(url, config.workers + OTHER_CONNECTIONS, (error) =>
    outages.failed(error, "a connection to the database broke"),
  );
  pool.on("connect", outages.worked);
  stack.add(() => pool.end());
  await migrate(pool);
  return pool;
}

async function startRuntimes(config: Config, logger: Logger, stack: Stack): Promise<ReadonlyMap<string, Runtime>> {
  const runtime = createProcessRuntime({
    dataDir: config.dataDir,
    baseEnv: config.programEnv,
    logger: logger.child({ part: "process" }),
  });
  await runtime.start();
  stack.add(() => runtime.close());
  return new Map([[runtime.type, runtime]]);
}
