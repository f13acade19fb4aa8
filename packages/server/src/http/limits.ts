import rateLimit from "@fastify/rate-limit";
import { SluiceError } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isGuess } from "../access/guess.ts";
import type { App } from "./app.types.ts";

/**
 * Milliseconds. `headers` and `request` bound how long a caller may take to send, `handler` how long we take to answer,
 * `keepAlive` how long an idle connection is kept.
 */
export const TIMEOUTS = { headers: 10_000, request: 30_000, handler: 30_000, keepAlive: 75_000 } as const;

/** Milliseconds: the longest that a file may take to arrive, and the longest that nothing of it may come. */
export const FILE_TIMEOUTS = { whole: 43_200_000, silence: 60_000 } as const;

const TOO_SLOW = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";

/** A body must arrive within the time for requests; a file must keep coming. Who is slower is hung up on. */
export function limitSending(app: App): void {
  app.addHook("onRequest", async ({ raw, headers, routeOptions }, reply) => {
    if (headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0) return;
    const isFile = routeOptions.config.slowBody === true;
    const timer = setTimeout(() => raw.socket.end(TOO_SLOW), isFile ? FILE_TIMEOUTS.silence : TIMEOUTS.request).unref();
    if (isFile) raw.on("data", () => timer.refresh()).pause();
    const done = (): void => clearTimeout(timer);
    raw.once("end", done).once("close", done);
    reply.raw.once("finish", done);
  });
  // Whoever is refused half-way is still sending: the connection is of no use after that.
  app.addHook("onSend", async ({ routeOptions }, reply) => {
    if (routeOptions.config.slowBody === true && reply.statusCode >= 400) reply.header("connection", "close");
  });
}

/** Guesses of one address in a minute. A token that is shown again, as an open page does whose server knows it no more, is no new one. */
const FAILED_LOGINS = 30;
const MINUTE = 60_000;

/** Requests a minute for each caller: a token's holder, or an address without one. */
export async function limitRequests(app: App, max: number): Promise<void> {
  await app.register(rateLimit, {
    max,
    timeWindow: MINUTE,
    keyGenerator: (request: FastifyRequest) => request.headers.authorization ?? request.ip,
    errorResponseBuilder: (_request, { after }) =>
      tooMany(`more than ${max} requests in a minute; come back in ${after}`),
  });
  const failures = app.createRateLimit({
    max: FAILED_LOGINS,
    timeWindow: MINUTE,
    keyGenerator: (request) => request.ip,
  });
  const repeats = app.createRateLimit({
    max: 1,
    timeWindow: MINUTE,
    keyGenerator: ({ ip, headers }) => `${ip} ${headers.authorization}`,
  });
  app.addHook("onError", async (request, _reply, error) => {
    if (!isGuess(error)) return;
    const shown = request.headers.authorization === undefined ? null : await repeats(request);
    if (shown === null || shown.isAllowed || !shown.isExceeded) await failures(request);
  });
  app.addHook("onRequest", async (request, reply: FastifyReply) => {
    const state = await failures(request, { increment: false });
    if (state.isAllowed || state.remaining > 0) return;
    reply.header("retry-after", state.ttlInSeconds);
    throw tooMany("too many failed attempts to authenticate from this address");
  });
}

const tooMany = (message: string): SluiceError => new SluiceError("resource_exhausted", message);
