import { Worker } from "node:worker_threads";
import type { JudgeTask } from "./judge.tasks.ts";

/** Milliseconds for one judgement. */
const LIMIT_MS = 10_000;
/** Milliseconds for the thread to begin, which on a busy machine takes its time. */
const START_MS = 60_000;
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

  /** What the thread says next. Rejects when it takes longer than `ms`, with `late`, and when the thread ends. */
  const said = async (asked: Worker, ms: number, late: string): Promise<string[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const timer = setTimeout(() => reject(new Error(late)), ms);
    const gone = () => reject(new Error("the judging thread ended"));
    asked.once("message", resolve);
    asked.once("error", reject);
    asked.once("exit", gone);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      asked.off("message", resolve).off("error", reject).off("exit", gone);
    }
  };

  const start = async (): Promise<Worker> => {
    worker = new Worker(new URL("./judge.worker.ts", import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    await said(worker, START_MS, `the judging thread did not begin within ${START_MS / 1_000} s`);
    return worker;
  };

  return {
    async ask(task) {
      try {
        const asked = worker ?? (await start());
        asked.postMessage(task);
        const late = `it could not be judged within ${limitMs / 1_000} s: simplify the pattern or the schema`;
        return await said(asked, limitMs, late);
      } catch (error) {
        await stop();
        throw error;
      }
    },
    close: stop,
  };
}
