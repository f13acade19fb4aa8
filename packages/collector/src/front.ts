import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, bodyOf, json, type Listening, listen } from "./http.ts";

interface FrontOptions {
  host: string;
  port: number;
  intakePort: number;
  /** Null: healthy; otherwise why not. */
  ailment(): string | null;
  figures(): unknown;
  output(): string;
}

/** While the collector takes over another duty it listens to nobody for a moment. */
const PATIENCE_MS = 10_000;
const AGAIN_MS = 50;

/**
 * What the instance shows on its own port: `/healthz`, `/figures`, what leaves the pipeline as `/metrics`, and OTLP over
 * HTTP (`/v1/metrics`, `/v1/traces`, `/v1/logs`), answered by the collector itself.
 */
export const openFront = ({ host, port, intakePort, ailment, figures, output }: FrontOptions): Promise<Listening> =>
  listen({ host, port }, async (request, path) => {
    if (request.method === "POST" && /^\/v1\/(metrics|traces|logs)$/.test(path))
      return forward(request, path, intakePort);
    if (request.method !== "GET")
      return { status: 405, body: "GET, or POST to /v1/metrics, /v1/traces and /v1/logs\n" };
    if (path === "/healthz") {
      const found = ailment();
      return { status: found === null ? 200 : 503, body: `${found ?? "ok"}\n` };
    }
    if (path === "/figures") return json(figures());
    if (path === "/metrics") return { status: 200, body: output() };
    return { status: 404, body: "one of /healthz, /figures, /metrics, /v1/metrics, /v1/traces, /v1/logs\n" };
  });

/** The collector's own answer: what it has not taken is not said to be taken. */
async function forward(request: IncomingMessage, path: string, intakePort: number): Promise<Answer> {
  const body = await bodyOf(request);
  if (body === null) return { status: 413, body: "the message is too long\n" };
  const headers = Object.fromEntries(
    ["content-type", "content-encoding"].flatMap((name) => {
      const value = request.headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${intakePort}${path}`, {
        method: "POST",
        headers,
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(30_000),
      });
      const type = response.headers.get("content-type") ?? undefined;
      return { status: response.status, type, body: Buffer.from(await response.arrayBuffer()) };
    } catch (error) {
      if (!isUnanswered(error) || Date.now() > end) return { status: 503, body: "the collector does not answer\n" };
      await sleep(AGAIN_MS);
    }
  }
}

/** Refused, or ended by a collector that goes: the same connection may have served a message before. */
const UNANSWERED = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * Whether a connection ended without an answer: then the same message is to be sent again, as OTLP has it
 * (https://opentelemetry.io/docs/specs/otlp/#otlphttp-connection). Not one that broke off within an answer, which was taken.
 */
const isUnanswered = (error: unknown): boolean =>
  error instanceof Error &&
  error.message === "fetch failed" &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  UNANSWERED.has(String(error.cause.code));
