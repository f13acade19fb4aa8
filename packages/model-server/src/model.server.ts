import { SluiceError } from "@sluice/core";
import fastify, { type FastifyInstance } from "fastify";
import type { Options } from "./config.ts";
import type { Model } from "./model.ts";
import { predictRoutes } from "./protocol/predict.routes.ts";
import { v2Routes } from "./protocol/v2.routes.ts";
import { createSlots } from "./slots.ts";

type ServerOptions = Pick<Options, "name" | "version" | "concurrency" | "queue" | "maxBody" | "timeout"> &
  Partial<Pick<Options, "basePath">>;

const STATUS: Partial<Record<SluiceError["code"], number>> = {
  invalid_argument: 400,
  not_found: 404,
  unavailable: 503,
};

/** Milliseconds that a caller may take to send a request. */
const SENDING = 60_000;

/** Serves one model over HTTP. Errors are `{"error": "…"}`, as the Open Inference Protocol has them. */
export function createModelServer(model: Model, options: ServerOptions): FastifyInstance {
  const { name, version, concurrency, queue, maxBody, timeout, basePath = "" } = options;
  const app = fastify({
    bodyLimit: maxBody,
    handlerTimeout: timeout,
    requestTimeout: SENDING,
    forceCloseConnections: "idle",
    return503OnClosing: true,
    rewriteUrl: ({ url = "/" }) => withoutBase(url, basePath),
  });
  // Only JSON is read; everything else is refused as what it is.
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler((error, _request, reply) => {
    const { status, text } = told(error);
    if (status === 503) reply.header("retry-after", "1");
    if (status >= 500)
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return reply.code(status).send({ error: text });
  });
  app.setNotFoundHandler(({ method, url }, reply) =>
    reply
      .code(404)
      .send({ error: `no ${method} ${url.split("?", 1)[0]}; there are /predict, /v2 and /v2/models/${name}/infer` }),
  );
  const served = { model, name, version, slots: createSlots(concurrency, queue) };
  v2Routes(app, served);
  predictRoutes(app, served);
  app.addHook("onClose", () => model.release());
  return app;
}

/** The path below the base; one that is not below it stays as it is. */
function withoutBase(url: string, base: string): string {
  const rest = url.slice(base.length);
  if (base === "" || !url.startsWith(base) || !/^([/?]|$)/.test(rest)) return url;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function told(error: unknown): { status: number; text: string } {
  if (error instanceof SluiceError) return { status: STATUS[error.code] ?? 500, text: error.message };
  if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") {
    return { status: error.statusCode, text: error.message };
  }
  return { status: 500, text: "an unexpected error; the log of the instance has it" };
}
