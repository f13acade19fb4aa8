/** A call that gave no answer that can be used. */
export class CallError extends Error {
  override readonly name = "CallError";
  /** Whether the same call may well succeed in a moment. */
  readonly transient: boolean;
  /** Milliseconds that the other side asked to wait; null when it did not. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    { transient, retryAfterMs = null }: { transient: boolean; retryAfterMs?: number | null },
  ) {
    super(message);
    this.transient = transient;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Call {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: unknown;
  timeoutMs: number;
}

export interface Answered {
  text: string;
  json: boolean;
  /** Milliseconds until the whole answer was there. */
  latencyMs: number;
}

/** Bytes of an answer. */
const MAX_ANSWER = 8_388_608;
/** Characters of a refusal that are quoted. */
const QUOTED = 200;
/** Too many requests, or somebody in between who will be back. A 500 is the candidate's own answer and stands. */
const TRANSIENT = new Set([408, 425, 429, 502, 503, 504]);

/** Posts JSON and reads the answer, at most 8 MiB of it. Throws `CallError`, or the signal's reason when that aborts. */
export async function post({ url, headers, body, timeoutMs }: Call, signal: AbortSignal): Promise<Answered> {
  const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
  const began = performance.now();
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/plain", ...headers },
      body: JSON.stringify(body),
      // A redirect would take the key to somewhere else.
      redirect: "manual",
      signal: AbortSignal.any([timeout, signal]),
    });
    const text = await boundedText(response);
    if (!response.ok) {
      throw new CallError(`answered ${response.status}${text === "" ? "" : `: ${text.slice(0, QUOTED)}`}`, {
        transient: TRANSIENT.has(response.status),
        retryAfterMs: retryAfter(response.headers.get("retry-after")),
      });
    }
    const json = /\bjson\b/i.test(response.headers.get("content-type") ?? "");
    return { text, json, latencyMs: performance.now() - began };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CallError) throw error;
    if (timeout.aborted) throw new CallError(`no answer within ${timeoutMs / 1_000} s`, { transient: true });
    throw new CallError(`cannot be reached: ${reasonOf(error)}`, { transient: true });
  }
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    // Leaving the loop cancels the rest.
    if (size > MAX_ANSWER) throw new CallError(`answered more than ${MAX_ANSWER} bytes`, { transient: false });
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** `Retry-After` in seconds; a date is not waited for. */
const retryAfter = (value: string | null): number | null =>
  value !== null && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : null;

/** fetch hides the reason in causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || String(Reflect.get(error, "code"));
}
