import { Agent, request } from "undici";

export interface Callers {
  /** Nobody comes any more; resolves when the last one has been answered, or given up. */
  leave(): Promise<void>;
}

/** Nobody waits longer for an answer (ms), reads more of it (bytes), or comes while so many wait. */
const PATIENCE = 5_000;
const MOST_READ = 65_536;
const MOST_WAITING = 100;

/** Callers who come steadily, whether or not the one before has been answered: as people do. */
export function sendCallers(url: string, perSecond: number): Callers {
  const agent = new Agent({ maxResponseSize: MOST_READ, headersTimeout: PATIENCE, bodyTimeout: PATIENCE });
  const waiting = new Set<Promise<void>>();
  const call = async (): Promise<void> => {
    try {
      const { body } = await request(url, { dispatcher: agent, signal: AbortSignal.timeout(PATIENCE) });
      await body.text();
    } catch {
      // A caller who is not answered is what the rollout is judged by, and nothing to tell of here.
    }
  };
  const timer = setInterval(() => {
    if (waiting.size >= MOST_WAITING) return;
    const one = call().finally(() => waiting.delete(one));
    waiting.add(one);
  }, 1_000 / perSecond);
  timer.unref();
  return {
    async leave() {
      clearInterval(timer);
      await Promise.all(waiting);
      await agent.destroy();
    },
  };
}
