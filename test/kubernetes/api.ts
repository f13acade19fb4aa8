import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";

/** What every object of the API has. Kinds of it say more in `spec` and `status`. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    ownerReferences?: { kind: string; name: string; uid: string }[];
  };
}

export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: T;
}

/** The API server said no; the message is its own. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The API in JSON, by paths: `/api/v1/namespaces/default/pods/web`. Of the kit's own, so that it shares no bug with what it tests. */
export interface KubeApi extends AsyncDisposable {
  /** Null when there is no such object. */
  get<T extends KubeObject>(path: string): Promise<T | null>;
  list<T extends KubeObject>(path: string): Promise<T[]>;
  create<T extends KubeObject>(path: string, object: T): Promise<T>;
  replace<T extends KubeObject>(path: string, object: T): Promise<T>;
  /** A merge patch. */
  patch<T extends KubeObject>(path: string, patch: object): Promise<T>;
  /** Null when it was gone already. */
  delete(path: string, options?: { gracePeriodSeconds?: number; uid?: string }): Promise<null>;
  /** The answer as text, whatever it is; throws unless it is a 2xx. */
  text(path: string): Promise<string>;
  /**
   * Tells of everything under a path, now and from now on, until the signal. What the API server cannot answer is asked
   * again: it may be restarted meanwhile. Deletions during such a pause are told as well.
   */
  follow<T extends KubeObject>(path: string, signal: AbortSignal, tell: (event: WatchEvent<T>) => void): Promise<void>;
}

interface List<T> {
  metadata: { resourceVersion: string };
  items: T[];
}

export function createApi(options: { url: string; ca: string; token: string }): KubeApi {
  const agent = new Agent({ connect: { ca: options.ca }, bodyTimeout: 0 });

  async function send(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object, type = "json") {
    const answer = await request(`${options.url}${path}`, {
      method,
      dispatcher: agent,
      headers: { authorization: `Bearer ${options.token}`, "content-type": `application/${type}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw new ApiError(answer.statusCode, messageOf(text));
    return text;
  }

  async function json<T>(...args: Parameters<typeof send>): Promise<T> {
    return JSON.parse(await send(...args)) as T;
  }

  async function* watch<T extends KubeObject>(path: string, from: string, signal: AbortSignal) {
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${from}`;
    const headers = { authorization: `Bearer ${options.token}` };
    const url = `${options.url}${path}${path.includes("?") ? "&" : "?"}${query}`;
    const answer = await request(url, { dispatcher: agent, headers, signal });
    if (answer.statusCode >= 400) throw new ApiError(answer.statusCode, messageOf(await answer.body.text()));
    let rest = "";
    for await (const chunk of answer.body.setEncoding("utf8")) {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = JSON.parse(line) as WatchEvent<T> | { type: "BOOKMARK" } | { type: "ERROR" };
        // An error here is a version that the server no longer has: the caller lists again.
        if (event.type === "ERROR") return;
        if (event.type !== "BOOKMARK") yield event;
      }
    }
  }

  const absent = (error: unknown): null => {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  };

  return {
    get: (path) => json<never>("GET", path).catch(absent),
    list: async <T>(path: string) => (await json<List<T>>("GET", path)).items,
    create: (path, object) => json("POST", path, object),
    replace: (path, object) => json("PUT", path, object),
    patch: (path, patch) => json("PATCH", path, patch, "merge-patch+json"),
    delete: async (path, { gracePeriodSeconds, uid } = {}) => {
      const body = {
        ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
        ...(uid !== undefined && { preconditions: { uid } }),
      };
      await send("DELETE", path, body).catch(absent);
      return null;
    },
    text: (path) => send("GET", path),
    follow: async <T extends KubeObject>(path: string, signal: AbortSignal, tell: (event: WatchEvent<T>) => void) => {
      const known = new Map<string, T>();
      const pass = (event: WatchEvent<T>): void => {
        const key = `${event.object.metadata.namespace ?? ""}/${event.object.metadata.name}`;
        if (event.type === "DELETED") known.delete(key);
        else known.set(key, event.object);
        tell(event);
      };
      while (!signal.aborted) {
        try {
          const list = await json<List<T>>("GET", path);
          const uids = new Set(list.items.map(({ metadata }) => metadata.uid));
          for (const object of [...known.values()]) {
            if (!uids.has(object.metadata.uid)) pass({ type: "DELETED", object });
          }
          for (const object of list.items) pass({ type: "MODIFIED", object });
          for await (const event of watch<T>(path, list.metadata.resourceVersion, signal)) pass(event);
        } catch {
          await delay(200, undefined, { signal }).catch(() => undefined);
        }
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

/** What a Status object says, or the body as it is. */
function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
