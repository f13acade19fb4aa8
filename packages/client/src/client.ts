import createFetchClient, { type Client as FetchClient } from "openapi-fetch";
import { ApiError, UnreachableError } from "./api-error.ts";
import type { paths } from "./generated/api.ts";
import { type StreamOptions, streamMessages } from "./stream.ts";
import { createTransport, type TransportOptions } from "./transport.ts";
import type { Event, Rollout } from "./types.ts";
import { type ModelFile, sendModelFile, type UploadOptions } from "./upload.ts";
import { type WaitOptions, waitForRollout } from "./wait.ts";

export type ClientOptions = TransportOptions;

export interface EventFilter extends StreamOptions {
  /** Events of this rollout, from its first; absent: of everything the caller may see, from now on. */
  rollout?: string | undefined;
  project?: string | undefined;
}

type Query = Readonly<Record<string, string | number | boolean>>;

export interface Client {
  readonly url: string;
  /** Every operation of the API, typed by path. Failures throw; wrap calls in `ok` to get the answer itself. */
  readonly http: FetchClient<paths, "application/json">;
  /** What happens, as it happens. Resumes by itself after a broken connection. */
  events(filter?: EventFilter): AsyncGenerator<Event>;
  /** Messages of any Server-Sent Events address of the server. */
  stream(path: string, query: Query, options?: StreamOptions): ReturnType<typeof streamMessages>;
  /** Sends a form with files, straight from where they are, and once: what was streamed away cannot be sent again. */
  upload(path: string, form: FormData): Promise<unknown>;
  /** Sends a file of a model's version piece by piece, and goes on by itself after a broken connection. */
  sendModelFile(file: ModelFile, options?: UploadOptions): Promise<void>;
  /** Resolves with the rollout as soon as it is in a terminal phase. */
  waitForRollout(id: string, options?: WaitOptions): Promise<Rollout>;
}

/**
 * A client of one Sluice server.
 *
 *     const sluice = createClient({ url: "http://127.0.0.1:8303" });
 *     const { items } = await ok(sluice.http.GET("/v1/deployments"));
 */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options);
  const http = createFetchClient<paths, "application/json">({
    baseUrl: options.url,
    fetch: (request) => transport(request),
    headers: { accept: "application/json" },
  });

  const stream: Client["stream"] = (path, query, streamOptions) => {
    const url = new URL(options.url.replace(/\/+$/, "") + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return streamMessages(transport, url, streamOptions);
  };

  return {
    url: options.url,
    http,
    stream,
    async upload(path, form) {
      const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
      const send =
        options.fetch === undefined ? fetch : (request: Request) => options.fetch?.(request) ?? fetch(request);
      const request = new Request(new URL(path, options.url), { method: "POST", body: form, headers });
      const response = await send(request).catch((cause: unknown) => {
        throw new UnreachableError(options.url, cause);
      });
      if (!response.ok) throw await ApiError.from(response);
      return response.json();
    },
    sendModelFile: (file, uploadOptions) => sendModelFile(transport, options.url, file, uploadOptions),
    async *events({ rollout, project, ...streamOptions } = {}) {
      const ofRollout = rollout !== undefined;
      const path = ofRollout ? `/v1/rollouts/${encodeURIComponent(rollout)}/events` : "/v1/events";
      const query = ofRollout || project === undefined ? {} : { project };
      for await (const message of stream(path, query, streamOptions)) {
        const event: Event = JSON.parse(message.data);
        yield event;
      }
    },
    waitForRollout: (id, waitOptions) =>
      waitForRollout((signal) => ok(http.GET("/v1/rollouts/{id}", { params: { path: { id } }, signal })), waitOptions),
  };
}

/** The answer of a call. The transport has thrown already if there was none, so `data` is what the server sent. */
export async function ok<Data>(call: Promise<{ data?: Data; response: Response }>): Promise<Data> {
  const { data, response } = await call;
  if (data === undefined && response.status !== 204) throw new TypeError(`${response.url} answered without a body`);
  return data as Data;
}
