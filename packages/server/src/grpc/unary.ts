import { randomUUID } from "node:crypto";
import type { handleUnaryCall, ServerUnaryCall } from "@grpc/grpc-js";
import { SpanKind } from "@opentelemetry/api";
import { SluiceError } from "@sluice/core";
import type { Logger } from "pino";
import type { Principal } from "../access/principal.ts";
import { inSpan } from "../tracing/span.ts";
import { knownError, toStatus } from "./grpc.status.ts";
import type { GrpcMethod } from "./grpc.types.ts";
import { type Decoded, isUndecodable } from "./undecodable.ts";

export interface UnaryDeps {
  logger: Logger;
  /** Throws `unauthenticated`, `permission_denied` or `resource_exhausted`. */
  admit(call: ServerUnaryCall<Decoded, object>, method: GrpcMethod): Promise<Principal>;
  /** Told of every call that has ended. */
  ended(call: { path: string; code: string; seconds: number }): void;
}

/** Milliseconds that a call may take, whatever deadline its caller has set. */
const LONGEST_CALL = 30_000;

/** A method as grpc-js wants it: whoever calls is known, a call that nobody waits for is aborted, and what is thrown becomes a status. */
export function unary(method: GrpcMethod, deps: UnaryDeps): handleUnaryCall<Decoded, object> {
  return (call, callback) => {
    const requestId = randomUUID();
    const started = performance.now();
    const span = { kind: SpanKind.SERVER, attributes: attributesOf(call), carrier: call.metadata.getMap() };
    inSpan(call.getPath().slice(1), span, () => answerOf(call, method, deps)).then(
      (answer) => {
        deps.ended({ path: call.getPath(), code: "ok", seconds: since(started) });
        callback(null, answer);
      },
      (thrown: unknown) => {
        const error = knownError(thrown);
        if (error.code === "internal") {
          deps.logger.error({ err: thrown, requestId, path: call.getPath() }, "unexpected error");
        }
        deps.ended({ path: call.getPath(), code: error.code, seconds: since(started) });
        callback(toStatus(error, requestId));
      },
    );
  };
}

/** As OpenTelemetry names them. */
function attributesOf(call: ServerUnaryCall<Decoded, object>) {
  const [, service = "", method = ""] = call.getPath().split("/");
  return { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method };
}

const since = (started: number): number => (performance.now() - started) / 1_000;

async function answerOf(
  call: ServerUnaryCall<Decoded, object>,
  method: GrpcMethod,
  { admit }: UnaryDeps,
): Promise<object> {
  const over = new AbortController();
  const end = (error: SluiceError) => (): void => over.abort(error);
  const late = setTimeout(end(TOO_LONG), LONGEST_CALL);
  call.once("cancelled", end(NOBODY_WAITS));
  try {
    const principal = await admit(call, method);
    if (isUndecodable(call.request)) throw UNREADABLE;
    if (call.cancelled) throw NOBODY_WAITS;
    return await method.handle({ principal, signal: over.signal }, call.request);
  } finally {
    clearTimeout(late);
  }
}

const NOBODY_WAITS = new SluiceError(
  "cancelled",
  "the call was cancelled, or its deadline was over; nothing was changed",
);
const TOO_LONG = new SluiceError("deadline_exceeded", `the call took longer than ${LONGEST_CALL / 1_000} s`);
const UNREADABLE = new SluiceError(
  "invalid_argument",
  "the request is not the message that proto/delos/deploy/v1/deploy.proto declares for this method",
);
