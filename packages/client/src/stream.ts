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
  /** Told when the stream is there, and when it is not any more. */
  onState?: ((state: "open" | "lost") => void) | undefined;
  /** A stream that says nothing for so many milliseconds counts as broken; servers of ours say something every 15 s. */
  silenceMs?: number | undefined;
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
  const { signal, reconnect = true, onState = () => undefined } = options;
  let lastEventId = options.lastEventId;
  let delay = FIRST_DELAY;
  while (!signal?.aborted) {
    try {
      const messages = await connect(transport, url, { ...options, lastEventId });
      onState("open");
      for await (const message of messages) {
        delay = FIRST_DELAY;
        lastEventId = message.id ?? lastEventId;
        yield message;
      }
      if (!reconnect) return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!reconnect || isFinal(error)) throw error;
    }
    if (signal?.aborted) return;
    onState("lost");
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
  { lastEventId, signal, silenceMs }: StreamOptions,
): Promise<ReadableStream<EventSourceMessage>> {
  const headers = new Headers({ accept: "text/event-stream" });
  if (lastEventId !== undefined) headers.set("last-event-id", lastEventId);
  const response = await unlessAborted(transport(new Request(url, { headers }), signal), signal);
  if (response.body === null) throw new TypeError(`${url} answered without a body`);
  // Here an abort cancels the body itself: whoever reads is set free even if the connection never hears of it.
  const body = silenceMs === undefined ? response.body : response.body.pipeThrough(endedBySilence(silenceMs));
  return body.pipeThrough(new TextDecoderStream(), signal && { signal }).pipeThrough(new EventSourceParserStream());
}

/** Passes everything on, and fails when nothing has come for so long: a dead connection need not say that it is. */
function endedBySilence(silenceMs: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let timer: ReturnType<typeof setTimeout>;
  const restart = (controller: TransformStreamDefaultController): void => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.error(new Error(`nothing was heard for ${silenceMs} ms`)), silenceMs);
  };
  return new TransformStream({
    start: restart,
    transform(chunk, controller) {
      restart(controller);
      controller.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
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
