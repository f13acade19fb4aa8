import { ApiError, UnreachableError } from "./api-error.ts";
import { sleep } from "./sleep.ts";

export interface TransportOptions {
  /** Where the server listens, for example `http://127.0.0.1:8303`. */
  url: string;
  /** A bearer token; none when the server's authentication is off. */
  token?: string | undefined;
  /** For tests, proxies and other runtimes. */
  fetch?: ((request: Request, init?: { signal: AbortSignal }) => Promise<Response>) | undefined;
}

/**
 * Sends one request. Resolves with an answer that is 2xx; throws `ApiError`, `UnreachableError`, or the signal's reason.
 *
 * What lives long passes its signal here: a `Request` follows the signal it was made with by a weak reference only, and
 * once it is collected an abort reaches neither the connection nor whoever reads from it.
 */
export type Transport = (request: Request, signal?: AbortSignal) => Promise<Response>;

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** How often a request is sent that is told to come back later (429), and the longest that it is put off, in milliseconds. */
const ATTEMPTS = 3;
const LONGEST_WAIT = 30_000;

/**
 * Adds the token and, to writes, an Idempotency-Key: a write whose answer was lost is sent once more with the same
 * key, which can never do it twice. Requests above the rate limit are sent again when the server says so.
 */
export function createTransport(options: TransportOptions): Transport {
  const send = options.fetch ?? ((request: Request, init?: { signal: AbortSignal }) => fetch(request, init));

  /** Once more where there was no answer; an abort is no lack of one. */
  async function exchange(request: Request, signal: AbortSignal): Promise<Response> {
    const second = request.clone();
    try {
      return await send(request, { signal });
    } catch (first) {
      if (signal.aborted) throw first;
    }
    try {
      return await send(second, { signal });
    } catch (cause) {
      throw signal.aborted ? cause : new UnreachableError(options.url, cause);
    }
  }

  return async (request, signal = request.signal) => {
    if (options.token !== undefined) request.headers.set("authorization", `Bearer ${options.token}`);
    if (!SAFE.has(request.method) && !request.headers.has("idempotency-key")) {
      request.headers.set("idempotency-key", crypto.randomUUID());
    }
    for (let attempt = 1; ; attempt++) {
      const response = await exchange(request.clone(), signal);
      if (response.ok) return response;
      const wait = response.status === 429 && attempt < ATTEMPTS ? waitOf(response) : null;
      if (wait === null) throw await ApiError.from(response);
      await response.body?.cancel();
      await sleep(wait, signal);
    }
  };
}

/** Milliseconds of `Retry-After`; null without one, or when it is longer than anybody wants to wait here. */
function waitOf(response: Response): number | null {
  const header = response.headers.get("retry-after");
  const wait = Number(header) * 1_000;
  return header !== null && wait >= 0 && wait <= LONGEST_WAIT ? wait : null;
}
