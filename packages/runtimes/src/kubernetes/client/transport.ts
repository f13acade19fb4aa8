import { setTimeout as delay } from "node:timers/promises";
import { type KubeConfig, RequestContext } from "@kubernetes/client-node";
import { fetch, type Response } from "undici";
import { ApiFailure, Unanswered } from "./failure.ts";
import type { Status } from "./kube.types.ts";
import { RETRY, type RetryPolicy, retryAfter } from "./retry.ts";

export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root of the server, with its query. */
  path: string;
  body?: string;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
}

export interface Transport {
  /** One answer as text, tried again within bounds where that may help. Throws `ApiFailure` or `Unanswered`. */
  send(request: Request): Promise<string>;
  /** An answer that goes on: its head within the time limit, its body for as long as it comes. Tried once. */
  open(request: Request): Promise<Response>;
  /** Requests so far, each attempt for itself. */
  readonly requests: number;
}

export interface TransportOptions {
  config: KubeConfig;
  /** For one attempt, until its last byte. */
  timeoutMs?: number;
  retry?: RetryPolicy;
  random?: () => number;
}

const TIMEOUT_MS = 30_000;
/** An object is 1.5 MiB at most; a list has pages. */
const MOST_BYTES = 64 * 1024 * 1024;

/** HTTP to one API server, with the credentials of a kubeconfig: they are read anew for each request, as tokens expire. */
export function createTransport({
  config,
  timeoutMs = TIMEOUT_MS,
  retry = RETRY,
  random = Math.random,
}: TransportOptions): Transport {
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, "") ?? "";
  /** As people call it who have several. */
  const called = `cluster ${config.getCurrentContext()} at ${server}`;
  let requests = 0;

  const attempt = async (request: Request, signal: AbortSignal): Promise<Response> => {
    const { method, path, body, contentType = "application/json", accept = "application/json" } = request;
    const context = new RequestContext(`${server}${path}`, method);
    await config.applySecurityAuthentication(context);
    const dispatcher = context.getDispatcher();
    requests += 1;
    const response = await fetch(context.getUrl(), {
      method,
      headers: { ...context.getHeaders(), accept, ...(body !== undefined && { "content-type": contentType }) },
      ...(body !== undefined && { body }),
      ...(dispatcher !== undefined && { dispatcher }),
      redirect: "error",
      signal,
    });
    if (response.ok) return response;
    throw refusal(response, await readText(response));
  };

  const limited = async <T>(request: Request, use: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      return await use(request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]));
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof ApiFailure || error instanceof Unanswered) throw error;
      if (limit.aborted)
        throw new Unanswered(`${called} did not answer within ${timeoutMs / 1_000} s`, { cause: error });
      throw new Unanswered(`${called} does not answer: ${rootCause(error)}`, { cause: error });
    }
  };

  return {
    async send(request) {
      for (let count = 1; ; count += 1) {
        try {
          return await limited(request, async (signal) => readText(await attempt(request, signal)));
        } catch (error) {
          request.signal?.throwIfAborted();
          const wait = retryAfter(error, count, random(), retry);
          if (wait === null) throw error;
          await delay(wait, undefined, request.signal && { signal: request.signal });
        }
      }
    },
    open(request) {
      // The limit ends with the head: what follows may take as long as it likes.
      const head = new AbortController();
      const timer = setTimeout(
        () => head.abort(new Unanswered(`${called} did not answer within ${timeoutMs / 1_000} s`)),
        timeoutMs,
      );
      const signal = request.signal === undefined ? head.signal : AbortSignal.any([head.signal, request.signal]);
      return attempt(request, signal)
        .catch((error: unknown) => {
          request.signal?.throwIfAborted();
          if (error instanceof ApiFailure || error instanceof Unanswered) throw error;
          throw new Unanswered(`${called} does not answer: ${rootCause(error)}`, { cause: error });
        })
        .finally(() => clearTimeout(timer));
    },
    get requests() {
      return requests;
    },
  };
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    size += bytes.byteLength;
    if (size > MOST_BYTES)
      throw new ApiFailure(response.status, { message: `an answer of more than ${MOST_BYTES} bytes` });
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function refusal(response: Response, body: string): ApiFailure {
  const after = Number(response.headers.get("retry-after"));
  const retryAfterMs = Number.isFinite(after) && after > 0 ? after * 1_000 : null;
  return new ApiFailure(response.status, statusIn(body), retryAfterMs);
}

/** What the body says; proxies and front ends answer in their own words. */
function statusIn(body: string): Partial<Status> {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return parsed as Partial<Status>;
  } catch {
    // Not JSON: as it is.
  }
  const text = body.trim();
  return text === "" ? {} : { message: text.slice(0, 1_000) };
}

/** `fetch failed` says nothing; what lies under it does. */
function rootCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return rootCause(error.cause);
  return error instanceof AggregateError && error.errors[0] instanceof Error
    ? rootCause(error.errors[0])
    : error.message;
}
