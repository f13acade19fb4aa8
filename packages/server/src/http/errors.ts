import { SluiceError } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { fromDatabase } from "../db/failure.ts";
import type { App } from "./app.types.ts";
import { PROBLEM_TYPE, toProblem } from "./problem.ts";
import { HTTP_STATUS, StatusError } from "./status.ts";

/** Seconds after which a caller may ask again when the database is away. */
const RETRY_SECONDS = 2;

/** Turns everything that is thrown into problem+json; what nobody foresaw is logged and shown as its id alone. */
export function handleErrors(app: App): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = classify(error);
  const status = known.status ?? HTTP_STATUS[known.error.code];
  if (known.error.code === "internal") request.log.error({ err: error }, "unexpected error");
  else if (status >= 500) request.log.warn({ err: error }, known.error.message);
  if (status === 503 && !reply.hasHeader("retry-after")) reply.header("retry-after", RETRY_SECONDS);
  if (status === 401) reply.header("www-authenticate", 'Bearer realm="sluice"');
  const problem = toProblem(known.error, request.id, status);
  // A Buffer: the route's own response schema is for its successes.
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problem)));
}

interface Known {
  error: SluiceError;
  status?: number;
}

function classify(error: unknown): Known {
  if (error instanceof StatusError) return { error, status: error.status };
  if (error instanceof SluiceError) return { error };
  const database = fromDatabase(error);
  if (database !== null) return { error: database };
  return fromFastify(error) ?? { error: new SluiceError("internal", "an unexpected error; the log has it by this id") };
}

/** Fastify's own refusals: a body that is no JSON, too large, of another media type; a handler that took too long. */
function fromFastify(error: unknown): Known | null {
  if (!(error instanceof Error) || !("statusCode" in error) || typeof error.statusCode !== "number") return null;
  const status = error.statusCode;
  if ("code" in error && error.code === "FST_ERR_HANDLER_TIMEOUT") {
    const message = "the request took too long; ask whether it took effect, or send it again with its Idempotency-Key";
    return { error: new SluiceError("deadline_exceeded", message) };
  }
  if (status === 413) return { error: new SluiceError("resource_exhausted", error.message), status };
  if (status >= 400 && status < 500) return { error: new SluiceError("invalid_argument", error.message), status };
  return null;
}
