import { type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import type { TestAnswer } from "@sluice/core";

export interface ExchangeRequest {
  host: string;
  port: number;
  /** Certificates are not verified here: the address is an instance's, which no certificate names. */
  tls: boolean;
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** `Filler`: so many bytes of nothing in particular, with or without saying beforehand how many. */
  body?: string | Filler;
  /** Until the whole answer is there. */
  timeoutMs: number;
  /** Bytes of the answer's body that are read. */
  maxBytes: number;
}

export interface Filler {
  bytes: number;
  chunked: boolean;
}

export type ExchangeOutcome =
  | { answered: true; answer: TestAnswer }
  /** `closed`: the connection stood and ended without an answer. `garbage`: what came was not HTTP. */
  | { answered: false; why: "unreachable" | "closed" | "garbage" | "timeout"; reason: string };

const CHUNK = Buffer.alloc(65_536, "x");

/**
 * One request on a connection of its own, and as much of its answer as is wanted; redirects are not followed. Never more
 * than `maxBytes` are held. Throws the signal's reason when aborted, and nothing else.
 */
export async function exchange(wanted: ExchangeRequest, signal: AbortSignal): Promise<ExchangeOutcome> {
  signal.throwIfAborted();
  const began = performance.now();
  const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>();
  const request = (wanted.tls ? requestTls : requestPlain)({
    host: wanted.host,
    port: wanted.port,
    method: wanted.method,
    path: wanted.path,
    headers: headersOf(wanted),
    agent: false,
    rejectUnauthorized: false,
  });
  const deadline = setTimeout(
    () => resolve({ answered: false, why: "timeout", reason: `no answer within ${Math.round(wanted.timeoutMs)} ms` }),
    wanted.timeoutMs,
  );
  const abort = () => resolve({ answered: false, why: "timeout", reason: "aborted" });
  signal.addEventListener("abort", abort, { once: true });
  let connected = false;
  request.on("socket", (socket) => {
    socket.once("connect", () => {
      connected = true;
    });
  });
  request.on("error", (error) => resolve(failureOf(error, connected)));
  request.on("response", (response) => {
    readAnswer(response, wanted.maxBytes).then((answer) =>
      resolve(
        answer === null
          ? { answered: false, why: "closed", reason: "the connection ended within the answer" }
          : { answered: true, answer: { ...answer, ms: performance.now() - began } },
      ),
    );
  });
  // A request for an upgrade is never made; who upgrades all the same has not answered in HTTP.
  request.on("upgrade", () => resolve({ answered: false, why: "garbage", reason: "it switched to another protocol" }));
  sendBody(request, wanted.body);
  try {
    const outcome = await promise;
    signal.throwIfAborted();
    return outcome;
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener("abort", abort);
    request.destroy();
  }
}

function headersOf({ headers = {}, body }: ExchangeRequest): Record<string, string> {
  if (body === undefined) return { ...headers };
  if (typeof body === "string") return { ...headers, "content-length": String(Buffer.byteLength(body)) };
  return body.chunked
    ? { ...headers, "transfer-encoding": "chunked" }
    : { ...headers, "content-length": String(body.bytes) };
}

function sendBody(request: ClientRequest, body: string | Filler | undefined): void {
  if (body === undefined || typeof body === "string") {
    request.end(body);
    return;
  }
  let left = body.bytes;
  const push = () => {
    while (left > 0 && !request.destroyed) {
      const size = Math.min(left, CHUNK.length);
      left -= size;
      if (!request.write(CHUNK.subarray(0, size))) {
        request.once("drain", push);
        return;
      }
    }
    if (!request.destroyed) request.end();
  };
  push();
}

/** Null when the connection broke before the end of the answer. */
async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<Omit<TestAnswer, "ms"> | null> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response) {
      if (!Buffer.isBuffer(part)) continue;
      parts.push(part);
      size += part.length;
      if (size > maxBytes) break;
    }
  } catch {
    return null;
  }
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(", ") : (value ?? ""),
      ]),
    ),
    body: Buffer.concat(parts).subarray(0, maxBytes).toString("utf8"),
    truncated: size > maxBytes,
  };
}

function failureOf(error: NodeJS.ErrnoException, connected: boolean): ExchangeOutcome {
  const code = error.code ?? "";
  const text = error.message === "" ? code : error.message;
  if (code.startsWith("HPE_")) return { answered: false, why: "garbage", reason: `it is no HTTP answer (${text})` };
  return connected
    ? { answered: false, why: "closed", reason: `the connection was closed without an answer (${code || text})` }
    : { answered: false, why: "unreachable", reason: `it cannot be reached (${text})` };
}
