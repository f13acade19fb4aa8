import { type EventSourceMessage, EventSourceParserStream } from "eventsource-parser/stream";
import { ApiError } from "./api-error.ts";
import { sleep } from "./sleep.ts";
import type { Transport } from "./transport.ts";

export interface StreamOptions {
  /** Go on after this message: the `id` of the last one seen. */
  lastEventId?: string | undefined;
  /** Ends the stream, without an error. */
  signal?: AbortSignal | undefined;
  /** Connect again when the stream ends or breaks. Default true. */
  reconnect?: boolean | undefined;
}

/** Milliseconds before the first attempt to connect again, and the most that doubling makes of it. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;

/**
 * Messages of a Server-Sent Events stream. A broken connection is made again, with growing delays, from the last
 * message on (`Last-Event-ID`), so that nothing is missed. Answers of 4xx are final and thrown as `ApiError`.
 */
export async function* streamMessages(
  transport: Transport,
  url: URL,
  options: StreamOptions = {},
): AsyncGenerator<EventSourceMessage> {
  const { signal, reconnect = true } = options;
  let lastEventId = options.lastEventId;
  let delay = FIRST_DELAY;
  while (!signal?.aborted) {
    try {
      for await (const message of await connect(transport, url, lastEventId, signal)) {
        delay = FIRST_DELAY;
        lastEventId = message.id ?? lastEventId;
        yield message;
      }
      if (!reconnect) return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!reconnect || isFinal(error)) throw error;
    }
    const woken = await sleep(delay * (0.5 + Math.random() / 2), signal).then(
      () => true,
      () => false,
    );
    if (!woken) return;
    delay = Math.min(delay * 2, LONGEST_DELAY);
  }
}

async function connect(
  transport: Transport,
  url: URL,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<EventSourceMessage>> {
  const headers = new Headers({ accept: "text/event-stream" });
  if (lastEventId !== undefined) headers.set("last-event-id", lastEventId);
  const response = await unlessAborted(transport(new Request(url, { headers }), signal), signal);
  if (response.body === null) throw new TypeError(`${url} answered without a body`);
  // Here an abort cancels the body itself: whoever reads is set free even if the connection never hears of it.
  return response.body
    .pipeThrough(new TextDecoderStream(), signal && { signal })
    .pipeThrough(new EventSourceParserStream());
}

/** The answer, or the signal's reason as soon as it is aborted. An answer that comes after that is thrown away. */
function unlessAborted(answer: Promise<Response>, signal: AbortSignal | undefined): Promise<Response> {
  if (signal === undefined) return answer;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    answer
      .then((response) => {
        if (signal.aborted) void response.body?.cancel().catch(() => undefined);
        else resolve(response);
      }, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}

/** What connecting again cannot mend: the request itself is wrong. Too many requests (429) can be. */
const isFinal = (error: unknown): boolean => error instanceof ApiError && error.status < 500 && error.status !== 429;
