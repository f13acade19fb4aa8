import { Agent, request } from "node:http";
import { json } from "node:stream/consumers";

/** A light load on one address, and what came of it. */
export interface Traffic {
  readonly requests: number;
  /** What went wrong, in words; empty while every request was answered with 2xx. */
  readonly failures: readonly string[];
  /** How often each version answered since `clear`. */
  readonly versions: ReadonlyMap<string, number>;
  clear(): void;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  version: string;
  headers: Record<string, string | string[] | undefined>;
}

/** One request through `agent`. Rejects when there was no answer. */
export async function ask(url: string, headers: Record<string, string> = {}, agent?: Agent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(url, { headers, ...(agent && { agent }) }, (response) => {
    json(response).then(
      (body) => resolve({ status: response.statusCode ?? 0, version: versionIn(body), headers: response.headers }),
      reject,
    );
  });
  sent.on("error", reject);
  sent.end();
  return promise;
}

const versionIn = (body: unknown): string =>
  typeof body === "object" && body !== null && "version" in body ? String(body.version) : JSON.stringify(body);

/**
 * Asks `url` over and over, one request every `everyMs` milliseconds whether or not the last was answered, over connections that are
 * kept open unless `keepAlive` is false.
 */
export function sendTraffic(url: string, everyMs: number, keepAlive = true): Traffic {
  const agent = new Agent({ keepAlive, maxSockets: 16 });
  const failures: string[] = [];
  const versions = new Map<string, number>();
  const pending = new Set<Promise<void>>();
  let requests = 0;
  const one = async (): Promise<void> => {
    requests += 1;
    try {
      const { status, version } = await ask(url, {}, agent);
      if (status !== 200) failures.push(`${status} ${version}`);
      versions.set(version, (versions.get(version) ?? 0) + 1);
    } catch (error) {
      failures.push(String(error));
    }
  };
  const timer = setInterval(() => {
    const running = one().finally(() => pending.delete(running));
    pending.add(running);
  }, everyMs);
  return {
    get requests() {
      return requests;
    },
    failures,
    versions,
    clear: () => versions.clear(),
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
    },
  };
}
