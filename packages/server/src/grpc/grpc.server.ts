import { logVerbosity, Server, setLogVerbosity } from "@grpc/grpc-js";
import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { SluiceError } from "@sluice/core";
import { protoPath as HEALTH_PROTO, HealthImplementation } from "grpc-health-check";
import type { Logger } from "pino";
import { Histogram, type Registry } from "prom-client";
import { isGuess } from "../access/guess.ts";
import { databaseAnswers, failedChecks } from "../http/readiness.ts";
import { GRPC_SURFACES } from "../kinds/grpc.ts";
import { principalOf } from "./authentication.ts";
import { credentialsOf } from "./credentials.ts";
import { withWholeDescriptors } from "./descriptors.ts";
import { createLimits, type GrpcLimits } from "./grpc.limits.ts";
import { ERROR_DETAILS } from "./grpc.status.ts";
import type { GrpcDeps, GrpcSurface } from "./grpc.types.ts";
import { type UnaryDeps, unary } from "./unary.ts";
import { tolerant } from "./undecodable.ts";

export interface GrpcServer {
  /** `host:port`, as clients dial it. */
  address: string;
  /** Lets calls that are under way end, for a while. */
  close(): Promise<void>;
}

interface Options extends GrpcDeps {
  logger: Logger;
  metrics: Registry;
}

/** Streams that one connection may have open at once. */
const MOST_STREAMS = 256;
/** Milliseconds that calls under way have when the server stops. */
const CALLS_END = 5_000;
/** How often the health service looks whether the database and the gateway answer. Milliseconds. */
const HEALTH_EVERY = 5_000;

/** gRPC: every kind's services, server reflection, and the standard health service. */
export async function startGrpc(given: Options): Promise<GrpcServer> {
  const { config, db } = given;
  const options = { ...given, readiness: { database: databaseAnswers(db), ...given.readiness } };
  // What the library would write to standard error by itself is told by the errors that it answers.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    "grpc.max_receive_message_length": config.bodyLimit,
    "grpc.max_concurrent_streams": MOST_STREAMS,
  });
  const surfaces = Object.values(GRPC_SURFACES)
    .flat()
    .map((routes) => routes(options));
  const host = config.bind.includes(":") ? `[${config.bind}]` : config.bind;
  const listening = { localAddress: config.bind, localPort: config.grpcPort };
  const deps = unaryDeps(options, listening);
  for (const surface of surfaces) addSurface(server, surface, deps);
  const health = await serveHealth(server, surfaces, options);
  new ReflectionService(withWholeDescriptors(definitionsOf(surfaces))).addToServer(server);

  const credentials = await credentialsOf(config.grpcTls);
  listening.localPort = await bind(server, `${host}:${config.grpcPort}`, credentials, config.grpcPort);
  return {
    address: `${host}:${listening.localPort}`,
    async close() {
      health.stop();
      await shutDown(server);
    },
  };
}

const definitionsOf = (surfaces: readonly GrpcSurface[]): PackageDefinition =>
  Object.assign({}, loadSync(HEALTH_PROTO), ERROR_DETAILS, ...surfaces.map(({ definition }) => definition));

function addSurface(server: Server, { service, methods, name }: GrpcSurface, deps: UnaryDeps): void {
  const missing = Object.keys(service).filter((method) => methods[method] === undefined);
  if (missing.length > 0) throw new Error(`${name} declares ${missing.join(", ")}, which nothing answers`);
  const handlers = Object.entries(methods).map(([method, handler]) => [method, unary(handler, deps)]);
  server.addService(tolerant(service), Object.fromEntries(handlers));
}

function unaryDeps(
  { config, services, logger, metrics }: Options,
  listening: { localAddress: string; localPort: number },
): UnaryDeps {
  const limits = createLimits(config.rateLimit, services.clock);
  const duration = new Histogram({
    name: "sluice_grpc_request_duration_seconds",
    help: "Time of a gRPC call, by method and status",
    labelNames: ["method", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
  return {
    logger,
    ended: ({ path, code, seconds }) => duration.observe({ method: path, status: code }, seconds),
    async admit(call, method) {
      const isPublic = method.public === true;
      const address = addressOf(call.getPeer());
      const authorization = call.metadata.get("authorization")[0]?.toString();
      if (!isPublic) limits.take({ address, authorization });
      const asked = { metadata: call.metadata, host: call.getHost(), isPublic };
      return principalOf(asked, { auth: config.auth, tokens: services.tokens, ...listening }).catch(
        (error: unknown) => {
          throw noteFailure(limits, address, error);
        },
      );
    },
  };
}

function noteFailure(limits: GrpcLimits, address: string, error: unknown): unknown {
  if (isGuess(error)) limits.failed(address);
  return error;
}

/** Without the port, which differs from connection to connection. */
const addressOf = (peer: string): string => peer.replace(/:\d+$/, "");

/** `grpc.health.v1.Health`: of the server as a whole, and of each service. */
async function serveHealth(
  server: Server,
  surfaces: readonly GrpcSurface[],
  { readiness }: GrpcDeps,
): Promise<{ stop(): void }> {
  const names = ["", ...surfaces.map(({ name }) => name)];
  const health = new HealthImplementation();
  const look = async (): Promise<void> => {
    const status = (await failedChecks(readiness)).size === 0 ? "SERVING" : "NOT_SERVING";
    for (const name of names) health.setStatus(name, status);
  };
  await look();
  health.addToServer(server);
  const timer = setInterval(() => void look(), HEALTH_EVERY);
  return {
    stop() {
      clearInterval(timer);
      for (const name of names) health.setStatus(name, "NOT_SERVING");
    },
  };
}

function bind(
  server: Server,
  address: string,
  credentials: Awaited<ReturnType<typeof credentialsOf>>,
  wanted: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) return resolve(port);
      const why = error.message.includes("EADDRINUSE")
        ? `another program listens at ${address}`
        : `${address} cannot be listened at: ${error.message}`;
      const allowed = "a port that is free, or 0 for any";
      const message = `SLUICE_GRPC_PORT is ${wanted}, and ${why}; allowed: ${allowed}`;
      reject(new SluiceError("failed_precondition", message, { cause: error }));
    });
  });
}

async function shutDown(server: Server): Promise<void> {
  const hurry = setTimeout(() => server.forceShutdown(), CALLS_END);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(hurry);
}
