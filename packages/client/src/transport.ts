import { ApiError, UnreachableError } from "./api-error.ts";

export interface TransportOptions {
  /** Where the server listens, for example `http://127.0.0.1:8303`. */
  url: string;
  /** A bearer token; none when the server's authentication is off. */
  token?: string | undefined;
  /** For tests, proxies and other runtimes. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** Sends one request. Resolves with an answer that is 2xx; throws `ApiError`, `UnreachableError`, or the signal's reason. */
export type Transport = (request: Request) => Promise<Response>;

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Adds the token and, to writes, an Idempotency-Key: a write whose answer was lost is sent once more with the same
 * key, which can never do it twice.
 */
export function createTransport(options: TransportOptions): Transport {
  const send = options.fetch ?? ((request: Request) => fetch(request));
  return async (request) => {
    if (options.token !== undefined) request.headers.set("authorization", `Bearer ${options.token}`);
    if (!SAFE.has(request.method) && !request.headers.has("idempotency-key")) {
      request.headers.set("idempotency-key", crypto.randomUUID());
    }
    const second = request.clone();
    const response = await send(request).catch((first: unknown) => {
      if (request.signal.aborted) throw first;
      return send(second).catch((cause: unknown) => {
        throw second.signal.aborted ? cause : new UnreachableError(options.url, cause);
      });
    });
    if (!response.ok) throw await ApiError.from(response);
    return response;
  };
}
