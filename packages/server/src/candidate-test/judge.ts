import { Worker } from "node:worker_threads";
import type { JudgeTask } from "./judge.tasks.ts";

/** Milliseconds for one judgement; the first has the thread's start in it. */
const LIMIT_MS = 10_000;
const MAX_HEAP_MB = 256;

export interface Judge {
  /**
   * What the task finds. Throws an `Error` that says so when it takes longer than ten seconds or more than 256 MiB: a pattern
   * with exponential time, a document nested without end. One task at a time.
   */
  ask(task: JudgeTask): Promise<string[]>;
  close(): Promise<void>;
}

/** A judge in a thread of its own, started when first asked and again after it had to be killed. */
export function createJudge(limitMs: number = LIMIT_MS): Judge {
  let worker: Worker | null = null;

  const stop = async () => {
    const stopping = worker;
    worker = null;
    await stopping?.terminate();
  };

  return {
    async ask(task) {
      worker ??= new Worker(new URL("./judge.worker.ts", import.meta.url), {
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      });
      const asked = worker;
      const { promise, resolve, reject } = Promise.withResolvers<string[]>();
      const timer = setTimeout(
        () =>
          reject(new Error(`it could not be judged within ${limitMs / 1_000} s: simplify the pattern or the schema`)),
        limitMs,
      );
      const gone = () => reject(new Error("the judging thread ended"));
      asked.once("message", resolve);
      asked.once("error", reject);
      asked.once("exit", gone);
      asked.postMessage(task);
      try {
        return await promise;
      } catch (error) {
        await stop();
        throw error;
      } finally {
        clearTimeout(timer);
        asked.off("message", resolve).off("error", reject).off("exit", gone);
      }
    },
    close: stop,
  };
}
