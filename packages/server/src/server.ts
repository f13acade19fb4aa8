import { hostname } from "node:os";
import { type Placement, type PlaneWish, type Runtime, SluiceError, type TargetType } from "@sluice/core";
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
import { connectDocker } from "./engine/connect/docker.ts";
import { connectKubernetes } from "./engine/connect/kubernetes.ts";
import { crashAt } from "./engine/crash.ts";
import { startEngine } from "./engine/engine.ts";
import { createLive } from "./engine/live.system.ts";
import { createTargets } from "./engine/targets.ts";
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
import { createPeerLive } from "./peer/peer.live.ts";
import { peerRoutes } from "./peer/peer.routes.ts";
import { createPeers } from "./peer/peers.ts";
import { putInFront } from "./resolve/front/front.ts";
import { createKnownTokens } from "./resolve/front/known.tokens.ts";
import { joinedLink } from "./resolve/resolver.link.ts";
import { startResolving } from "./resolve/resolving.ts";
import type { ServedPlane } from "./routing/gateway.link.ts";
import { startGateway, stopGateway } from "./routing/gateway.process.ts";
import { followGateways } from "./routing/remote.gateways.ts";
import { startClockwork } from "./schedule/clockwork.ts";
import { sealingKey } from "./secret/seal.ts";
import { startRecorder } from "./series/series.recorder.ts";
import { startKeeper } from "./workflow/keeper.ts";
import { nodeId } from "./workflow/node.id.ts";

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
  const peers = await createPeers({
    ...{ db, self: await nodeId(dataDir), key: await sealingKey(config), version: config.version, now: Date.now },
    logger: logger.child({ part: "peers" }),
  });
  const local = await startLocalRuntimes(config, logger, stack);
  const gateway = await openGateway(config, logger, stack);
  const resolving = await startResolving({ db, pool, logger: logger.child({ part: "resolver" }), now: Date.now });
  stack.add(resolving.close);
  const link = joinedLink(gateway.link, resolving.resolver);

  const connect = { docker: connectDocker(config, logger), kubernetes: connectKubernetes(config, logger) };
  const targets = createTargets({ gateway: link, local, connect, logger: logger.child({ part: "targets" }) });
  stack.add(targets.close);
  const programPath = config.programEnv.PATH ?? "";
  const checks = {
    root,
    programPath,
    targets: targets.types,
    preflight: targets.preflight,
    collectors: targets.collectors,
    traffic: async (placement: Placement, wish: PlaneWish) =>
      (await (await targets.at(placement.target)).plane.preflight?.(placement, wish)) ?? [],
    capacity: machineCapacity(),
    python: config.models.python,
    storage: config.models.storage.type,
  };
  const engine = await startEngine({
    db,
    pool,
    gateway: link,
    targets,
    checks,
    routing: config,
    evaluationService: config.evaluationService,
    osvFolder: config.osvDir,
    making: (changed) => createMaking({ db, config, logger: logger.child({ part: "making" }), changed }),
    commands: config,
    server: { id: peers.self, ownGateway: config.gateways === null },
    guards: gateway.guards,
    workers: config.workers,
    maxActiveRollouts: config.maxActiveRollouts,
    logger: logger.child({ part: "engine" }),
    now: Date.now,
    crash,
  });
  stack.add(engine.close);
  const seen = createLive({ gatewayUrl: gateway.url, link, targets });
  const live = createPeerLive(seen, peers, Date.now);
  stack.add(live.close);
  const judges = startJudges({
    db,
    pool,
    server: peers.self,
    route: seen.route,
    changed: engine.changed,
    root,
    logger: logger.child({ part: "judge" }),
    now: Date.now,
  });
  stack.add(judges.close);
  const recorder = startRecorder({
    ...{ db, server: peers.self, route: seen.route, now: Date.now },
    logger: logger.child({ part: "series" }),
  });
  stack.add(recorder.close);

  if (config.auth) {
    const path = await ensureAdminToken({ db, dataDir, given: config.adminToken, clock: Date.now });
    if (path !== null) logger.info({ path }, "the first administrator's token is in this file");
  }
  const bell = createEventBell({ pool, logger });
  stack.add(bell.close);
  const clockwork = startClockwork({ db, pool, clock: Date.now, live, logger: logger.child({ part: "schedule" }) });
  stack.add(clockwork.close);
  const notifications = startNotifications({
    db,
    pool,
    bell,
    live: seen,
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
      if (!gateway.answers()) throw new Error("the gateway does not answer");
    },
  };
  const app = await createApp({ config, logger: logger.child({ part: "http" }), db, services, metrics, readiness });
  peerRoutes(app, { db, live: seen, peers });
  stack.add(() => app.close());
  const known = createKnownTokens(services.tokens);
  stack.add(async () => known.close());
  const { resolver, resolveLimit } = services;
  putInFront(app, { auth: config.auth, tokens: known, resolver, limit: resolveLimit, random: Math.random });
  const background = startBackground({
    pool,
    dataDir,
    server: peers.self,
    db,
    live,
    services,
    clock: Date.now,
    logger,
  });
  stack.add(background.close);
  const grpc = await startGrpc({ config, services, db, metrics, readiness, logger: logger.child({ part: "grpc" }) });
  stack.add(grpc.close);
  const grpcAddress = grpc.address;
  const url = await app.listen({ host: config.bind, port: config.httpPort }).catch((error: unknown) => {
    throw isTaken(error) ? portTaken(config) : error;
  });
  await peers.join({ url: advertisedUrl(config, url), gatewayUrl: gateway.url });
  stack.add(peers.close);
  const keeper = await startKeeper({
    ...{ db, pool, bell, services, dataDir, root, now: Date.now },
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

/** A server that listens everywhere is reached by the name of its machine. */
function advertisedUrl({ advertiseUrl, bind }: Config, url: string): string {
  if (advertiseUrl !== null) return advertiseUrl;
  const own = new URL(url);
  if (bind === "0.0.0.0" || bind === "::") own.hostname = hostname();
  return own.origin;
}

const isTaken = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EADDRINUSE";

const portTaken = ({ bind, httpPort }: Config): SluiceError =>
  new SluiceError(
    "failed_precondition",
    `SLUICE_HTTP_PORT is ${httpPort}, and another program listens at ${bind}:${httpPort}; allowed: a port that is free`,
  );

/** The gateways that deal this server's callers: those that run by themselves, or one that it starts. */
interface OpenGateway {
  link: ServedPlane;
  /** Where callers reach it, without a trailing slash. */
  url: string;
  /** Whether any answers. */
  answers(): boolean;
  /** How many the guards' part of α is shared among. */
  guards(): number;
}

async function openGateway(config: Config, logger: Logger, stack: Stack): Promise<OpenGateway> {
  const { gateways, dataDir } = config;
  if (gateways === null) {
    const own = await startGateway({ config, logger });
    if (own.isNew) stack.addForFailedStart(() => stopGateway(dataDir, logger));
    stack.add(own.leave);
    return { link: own.link, url: own.url, answers: own.link.connected, guards: () => 1 };
  }
  const link = await followGateways(gateways, logger.child({ part: "gateways" }));
  stack.add(link.close);
  // As many again may be begun while a rollout goes on, in the place of others or beside them.
  return { link, url: gateways.url, answers: link.answers, guards: () => 2 * link.size() };
}

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

async function startLocalRuntimes(
  config: Config,
  logger: Logger,
  stack: Stack,
): Promise<ReadonlyMap<TargetType, Runtime>> {
  const runtime = createProcessRuntime({
    dataDir: config.dataDir,
    baseEnv: config.programEnv,
    logger: logger.child({ part: "process" }),
  });
  await runtime.start();
  stack.add(() => runtime.close());
  return new Map([[runtime.type, runtime]]);
}
