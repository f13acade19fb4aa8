import { SluiceError } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { fromDatabase } from "../db/failure.ts";
import { HTTP_STATUS } from "../http/status.ts";
import type { OfrepCode } from "./ofrep.schema.ts";

interface Failure {
  status: number;
  errorCode: OfrepCode;
  errorDetails: string;
}

/** An error in OpenFeature's words, with the status that OFREP gives it. */
export function ofrepFailure(error: unknown): Failure {
  const known = error instanceof SluiceError ? error : fromDatabase(error);
  if (known === null) return isUnreadable(error) ? unreadable(error) : UNEXPECTED;
  const { code, message: errorDetails } = known;
  if (code === "not_found" || (code === "failed_precondition" && known.violations.length === 0)) {
    // A prompt that serves nothing, or what is no prompt, is no flag for whoever reads.
    return { status: 404, errorCode: "FLAG_NOT_FOUND", errorDetails };
  }
  return { status: HTTP_STATUS[code], errorCode: codeOf(known), errorDetails };
}

function codeOf({ code, violations }: SluiceError): OfrepCode {
  if (code !== "invalid_argument") return "GENERAL";
  const fields = violations.map(({ field }) => field);
  if (fields.includes("context.targetingKey") && violations.every(({ found }) => found === undefined || found === "")) {
    return "TARGETING_KEY_MISSING";
  }
  if (fields.some((field) => field === "context" || field.startsWith("context."))) return "INVALID_CONTEXT";
  return fields.includes("") ? "PARSE_ERROR" : "GENERAL";
}

const UNEXPECTED: Failure = {
  status: 500,
  errorCode: "GENERAL",
  errorDetails: "an unexpected error; the server's log has it",
};

interface Refusal extends Error {
  statusCode: number;
}

/** Fastify's own refusals: a body that is no JSON, too large, of another media type. */
const isUnreadable = (error: unknown): error is Refusal =>
  error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" && error.statusCode < 500;

const unreadable = ({ statusCode, message }: Refusal): Failure => ({
  status: statusCode === 413 || statusCode === 429 ? statusCode : 400,
  errorCode: statusCode === 413 || statusCode === 429 ? "GENERAL" : "PARSE_ERROR",
  errorDetails: message,
});

/** Answers an error as OFREP does; with the flag's key where one was asked for. */
export function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, ...failure } = ofrepFailure(error);
  if (status >= 500) request.log.error({ err: error }, "a flag could not be evaluated");
  if (status === 401) reply.header("www-authenticate", 'Bearer realm="sluice"');
  if (status === 503 && !reply.hasHeader("retry-after")) reply.header("retry-after", 2);
  const body = status >= 500 ? { errorDetails: failure.errorDetails } : { ...keyOf(request), ...failure };
  return reply
    .code(status)
    .type("application/json; charset=utf-8")
    .send(Buffer.from(JSON.stringify(body)));
}

function keyOf({ params }: FastifyRequest): { key?: string } {
  const found = typeof params === "object" && params !== null && "key" in params ? params.key : undefined;
  return typeof found === "string" ? { key: found } : {};
}
