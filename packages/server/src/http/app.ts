import { randomUUID } from "node:crypto";
import fastify, { type FastifyBaseLogger, LogController } from "fastify";
import { serializerCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { Kysely } from "kysely";
import type { Registry } from "prom-client";
import type { Config } from "../config.ts";
import { consoleFiles } from "../console/console.files.ts";
import { acceptSessions } from "../console/session.cookie.ts";
import { sessionRoutes } from "../console/session.routes.ts";
import type { Database } from "../db/schema.ts";
import type { App } from "./app.types.ts";
import { authenticateRequests } from "./authentication.ts";
import { handleErrors } from "./errors.ts";
import { healthRoutes } from "./health.ts";
import { makeWritesIdempotent } from "./idempotency.ts";
import { FILE_TIMEOUTS, limitRequests, limitSending, TIMEOUTS } from "./limits.ts";
import { measureRequests } from "./metrics.ts";
import { handleUnknownRoutes } from "./not-found.ts";
import { describeApi } from "./openapi.ts";
import { databaseAnswers, type ReadinessCheck } from "./readiness.ts";
import { ROUTES } from "./routes.ts";
import { addSecurityHeaders } from "./security-headers.ts";
import type { Services } from "./services.ts";
import { traceRequests } from "./tracing.ts";
import { LONGEST_PART, refuseAddress, refuseUnreadable } from "./unreadable.ts";
import { validatorCompiler } from "./validation.ts";

export interface AppDeps {
  config: Pick<Config, "auth" | "rateLimit" | "bodyLimit">;
  logger: FastifyBaseLogger;
  db: Kysely<Database>;
  services: Services;
  metrics: Registry;
  /** Milliseconds that a handler may take. */
  handlerTimeout?: number;
  /** What /readyz asks besides the database. */
  readiness?: Readonly<Record<string, ReadinessCheck>>;
}

const VERSION = "0.1.0";

/** The REST surface, ready to listen. Closing it ends open streams; the services' own resources are the caller's to close. */
export async function createApp(deps: AppDeps): Promise<App> {
  const { config, logger, db, services, metrics, readiness = {} } = deps;
  const app: App = fastify({
    loggerInstance: logger,
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.bodyLimit,
    requestTimeout: FILE_TIMEOUTS.whole,
    handlerTimeout: deps.handlerTimeout ?? TIMEOUTS.handler,
    keepAliveTimeout: TIMEOUTS.keepAlive,
    http: { headersTimeout: TIMEOUTS.headers },
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: LONGEST_PART },
    exposeHeadRoutes: false,
    frameworkErrors: refuseAddress,
    clientErrorHandler: refuseUnreadable,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  announceStop(app);
  traceRequests(app);
  handleErrors(app);
  addSecurityHeaders(app);
  limitSending(app);
  await acceptSessions(app);
  await limitRequests(app, config.rateLimit);
  await consoleFiles(app);
  authenticateRequests(app, { auth: config.auth, tokens: services.tokens });
  makeWritesIdempotent(app, db);
  handleUnknownRoutes(app);
  await describeApi(app, { version: VERSION });
  measureRequests(app, metrics, services);
  healthRoutes(app, { database: databaseAnswers(db), ...readiness });
  sessionRoutes(app, { tokens: services.tokens, auth: config.auth });
  for (const routes of ROUTES) routes(app, services);
  return app;
}

/** `app.stopping` aborts when the server begins to close: answers without an end then end. */
function announceStop(app: App): void {
  const stop = new AbortController();
  app.decorate("stopping", stop.signal);
  app.addHook("preClose", async () => stop.abort());
  // A connection that was busy when the server began to close must not be kept by its caller.
  app.addHook("onSend", async (_request, reply) => {
    if (stop.signal.aborted) reply.header("connection", "close");
  });
}
