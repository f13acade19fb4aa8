import { randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type ErrorCode, parseField, SluiceError } from "@sluice/core";
import type { Logger } from "pino";
import type { Gateway } from "../gateway.ts";
import { routeConfigSchema } from "../route/route.schema.ts";
import { prometheusText } from "../stats/prometheus.ts";
import { streamSnapshots } from "./admin.stream.ts";

const MAX_BODY_BYTES = 4 * 1_048_576;

/** The codes that this API can answer; all others are bugs. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  not_found: 404,
  unimplemented: 405,
  aborted: 409,
  already_exists: 409,
  resource_exhausted: 413,
};

export interface AdminServer {
  /** Port 0 takes a free one. Resolves with the port. */
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
}

export interface AdminOptions {
  token: string;
  /** PEM texts; null: plain. */
  tls: { certificate: string; key: string } | null;
  logger: Logger;
}

/**
 * The control plane's way in: whole configurations, snapshots and their stream, metrics. Bearer token on everything but
 * `/healthz` (it lives) and `/readyz` (it wants callers: not before it knows its routes, nor once it is told to end). Bodies are bounded and checked field by field; nothing that comes in can end the process.
 */
export function createAdminServer(gateway: Gateway, { token, tls, logger }: AdminOptions): AdminServer {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answer(gateway, token, request, response).catch((error: unknown) => sendError(response, error, logger));
  };
  const server = tls === null ? createServer(handle) : createTlsServer({ cert: tls.certificate, key: tls.key }, handle);
  server.on("clientError", (_error, socket) => socket.destroy());
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          const address = server.address();
          resolve(typeof address === "object" && address !== null ? address.port : 0);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  gateway: Gateway,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const method = request.method ?? "";
  if (path === "/healthz" && method === "GET") return sendJson(response, 200, { status: "ok" });
  if (path === "/readyz" && method === "GET") {
    return sendJson(response, gateway.ready ? 200 : 503, { ready: gateway.ready });
  }
  if (!isAuthorised(request, token)) {
    throw new SluiceError(
      "unauthenticated",
      "the admin API wants the bearer token that the gateway was given, or that of admin.json",
    );
  }
  switch (`${method} ${path}`) {
    case "GET /snapshot":
      return sendJson(response, 200, gateway.snapshot());
    case "GET /stream":
      return streamSnapshots(gateway, response);
    case "POST /ready":
      gateway.admit();
      return sendJson(response, 200, { ready: gateway.ready });
    case "GET /metrics":
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
      response.end(prometheusText(gateway.table));
      return;
  }
  const id = routeId(path);
  if (id === null) throw new SluiceError("not_found", `there is nothing at ${method} ${path.slice(0, 200)}`);
  if (method === "GET") return sendJson(response, 200, gateway.table.observe(id));
  if (method === "PUT") {
    const config = parseField(routeConfigSchema, await readJson(request));
    if (config.id !== id)
      throw new SluiceError("invalid_argument", `id is ${config.id}; allowed: ${id}, as in the path`);
    return sendJson(response, 200, await gateway.apply(config));
  }
  if (method === "DELETE") {
    await gateway.remove(id, epochOf(query));
    response.writeHead(204);
    response.end();
    return;
  }
  throw new SluiceError("unimplemented", `${method} is not allowed here; allowed: GET, PUT, DELETE`);
}

function isAuthorised({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function routeId(path: string): string | null {
  const match = /^\/routes\/([^/]+)$/.exec(path);
  if (match?.[1] === undefined) return null;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return null;
  }
}

function epochOf(query: string): number | null {
  const written = new URLSearchParams(query).get("epoch");
  if (written === null) return null;
  if (!/^\d{1,15}$/.test(written)) {
    throw new SluiceError(
      "invalid_argument",
      `epoch is ${written.slice(0, 40)}; allowed: a whole number of at least 0`,
    );
  }
  return Number(written);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > MAX_BODY_BYTES) {
      throw new SluiceError("resource_exhausted", `the body is longer than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new SluiceError("invalid_argument", "the body is not JSON");
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function sendError(response: ServerResponse, error: unknown, logger: Logger): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const instance = `urn:uuid:${randomUUID()}`;
  const known = error instanceof SluiceError ? error : null;
  const status = known === null ? 500 : (STATUS[known.code] ?? 500);
  if (status === 500) logger.error({ err: error, instance }, "the admin API failed");
  const detail = status === 500 ? "An unexpected error; the log has it under `instance`." : known?.message;
  const code = known?.code ?? "internal";
  if (status === 413) response.shouldKeepAlive = false;
  const body = JSON.stringify({
    type: "about:blank",
    title: code,
    status,
    detail,
    code,
    instance,
    errors: known?.violations,
  });
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(body);
}
