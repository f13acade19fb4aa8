import type { KubeObject } from "@sluice/runtimes/kubernetes";
import type { Logger } from "pino";
import type { Informer } from "./informer.ts";
import { createQueue } from "./queue.ts";

/** What is to be looked at again by itself, and when; nothing: only when something changes. */
export type Outcome = { afterMs?: number } | undefined;

/** Objects that matter. */
export interface Source {
  readonly synced: Promise<void>;
  /** Keys of everything that matters to it now. */
  keys(): string[];
  /** Tells of keys that something has just happened to. */
  onKeys(listener: (keys: readonly string[]) => void): void;
}

/** Everything that an informer follows; `keysOf` says which keys an object matters to. */
export const sourceOf = <T extends KubeObject>(
  informer: Informer<T>,
  keysOf: (object: T) => readonly string[],
): Source => ({
  synced: informer.synced,
  keys: () => informer.items().flatMap(keysOf),
  onKeys: (listener) => informer.onChange((object) => listener(keysOf(object))),
});

export interface ControllerOptions {
  name: string;
  sources: readonly Source[];
  /** Brings one object a step nearer to what is wanted. Level-triggered: it looks at what is, not at what happened. */
  reconcile(key: string): Promise<Outcome>;
  logger: Pick<Logger, "warn" | "debug">;
  /** Told of every reconcile. */
  onDone?(outcome: "done" | "failed", seconds: number): void;
  workers?: number;
}

/** Everything is looked at again so often, whatever was missed. */
const RESYNC_MS = 300_000;

export interface Controller {
  /** Until the signal; resolves when no work is under way any more. */
  run(signal: AbortSignal): Promise<void>;
  readonly depth: number;
}

export function createController(options: ControllerOptions): Controller {
  const { name, sources, reconcile, logger, onDone = () => undefined, workers = 4 } = options;
  let queue = createQueue();

  for (const source of sources) {
    source.onKeys((keys) => {
      for (const key of keys) queue.add(key);
    });
  }

  const work = async (): Promise<void> => {
    for (let key = await queue.take(); key !== null; key = await queue.take()) {
      const started = performance.now();
      try {
        const outcome = await reconcile(key);
        queue.forget(key);
        if (outcome?.afterMs !== undefined) queue.addAfter(key, outcome.afterMs);
        onDone("done", (performance.now() - started) / 1_000);
      } catch (error) {
        const wait = queue.retry(key);
        onDone("failed", (performance.now() - started) / 1_000);
        logger.warn({ controller: name, key, err: error, retryMs: wait }, "could not be reconciled");
      } finally {
        queue.done(key);
      }
    }
  };

  const addAll = (): void => {
    for (const source of sources) for (const key of source.keys()) queue.add(key);
  };

  return {
    async run(signal) {
      queue = createQueue();
      await Promise.race([Promise.all(sources.map(({ synced }) => synced)), aborted(signal)]);
      addAll();
      const timer = setInterval(addAll, RESYNC_MS);
      signal.addEventListener("abort", () => queue.close(), { once: true });
      if (signal.aborted) queue.close();
      await Promise.all(Array.from({ length: workers }, work));
      clearInterval(timer);
    },
    get depth() {
      return queue.depth;
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
