import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";

/** The longest that a timer of Node can wait: for routes whose answer has no end. */
export const NO_TIMEOUT = 2_147_483_647;

/** Milliseconds of silence after which a comment is sent, so that proxies do not take the stream for dead. */
const HEARTBEAT = 15_000;

export interface SseMessage {
  id?: string;
  event?: string;
  data: unknown;
}

/**
 * Answers with a stream of Server-Sent Events, made by `produce` until its signal aborts: when the caller leaves or the
 * server stops. It ends, and tells nothing more, as soon as the caller's token counts no longer. A caller that reads slowly holds up only the production of its own stream.
 */
export function sendEventStream(
  request: FastifyRequest,
  reply: FastifyReply,
  produce: (signal: AbortSignal) => AsyncIterable<SseMessage[]>,
): FastifyReply {
  const left = new AbortController();
  const stop = (): void => left.abort();
  reply.raw.once("close", stop);
  const signal = AbortSignal.any([left.signal, request.server.stopping]);
  const stream = Readable.from(lines(produce, request.isWelcome, signal), { objectMode: false });
  return reply
    .header("cache-control", "no-store")
    .header("x-accel-buffering", "no")
    .header("connection", "close")
    .type("text/event-stream; charset=utf-8")
    .send(stream);
}

async function* lines(
  produce: (signal: AbortSignal) => AsyncIterable<SseMessage[]>,
  isWelcome: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield ": connected\n\n";
  const batches = produce(signal)[Symbol.asyncIterator]();
  try {
    for (let next = batches.next(); !signal.aborted; ) {
      const batch = await withHeartbeat(next, signal);
      if (!(await isWelcome())) return;
      if (batch === "silence") {
        yield ": still here\n\n";
        continue;
      }
      if (batch.done) return;
      next = batches.next();
      // Awaited in the next round; until then its failure must not count as unhandled.
      next.catch(() => undefined);
      yield batch.value.map(format).join("");
    }
  } finally {
    await batches.return?.();
  }
}

async function withHeartbeat<Value>(next: Promise<Value>, signal: AbortSignal): Promise<Value | "silence"> {
  const over = new AbortController();
  const silence = setTimeout(HEARTBEAT, "silence" as const, { signal: AbortSignal.any([signal, over.signal]) });
  try {
    return await Promise.race([next, silence.catch(() => "silence" as const)]);
  } finally {
    over.abort();
  }
}

/** One message; JSON has no line breaks of its own. */
function format({ id, event, data }: SseMessage): string {
  const head = `${id === undefined ? "" : `id: ${id}\n`}${event === undefined ? "" : `event: ${event}\n`}`;
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}

/** True when the caller asks for a list rather than a stream. */
export const prefersJson = (request: FastifyRequest): boolean => {
  const accept = request.headers.accept ?? "";
  return accept.includes("application/json") && !accept.includes("text/event-stream");
};
