import { Agent, request } from "undici";

/** A light load on one address, and what came of it. */
export interface Traffic {
  readonly requests: number;
  /** What went wrong, in words; empty while every request was answered with 2xx. */
  readonly failures: readonly string[];
  /** Versions that answered, with how often. */
  readonly versions: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Asks `url` for its JSON, over and over, one request every `everyMs` milliseconds. */
export function sendTraffic(url: string, everyMs: number): Traffic {
  const agent = new Agent({ connections: 8 });
  const failures: string[] = [];
  const versions = new Map<string, number>();
  const pending = new Set<Promise<void>>();
  let requests = 0;

  const one = async (): Promise<void> => {
    requests += 1;
    try {
      const { statusCode, body } = await request(url, { dispatcher: agent });
      const answer: unknown = await body.json();
      if (statusCode !== 200) failures.push(`answered ${statusCode}: ${JSON.stringify(answer)}`);
      if (typeof answer !== "object" || answer === null || !("version" in answer)) return;
      const version = String(answer.version);
      versions.set(version, (versions.get(version) ?? 0) + 1);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
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
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      await agent.destroy();
    },
  };
}
