import { Worker } from "node:worker_threads";
import { SluiceError } from "@sluice/core";
import type { CelOutcome, CelRequest } from "./cel.messages.ts";

export interface CelEvaluator {
  /**
   * Evaluates one expression that has been compiled before. Never longer than the time limit, in no more memory than the
   * limit; beyond either it has `failed`. Throws `resource_exhausted` when too many wait, `cancelled` after `close`.
   */
  evaluate(request: CelRequest): Promise<CelOutcome>;
  close(): Promise<void>;
}

/** Of one evaluation: thousands of times what an honest expression takes, even where the machine has no time for it. */
const TIMEOUT_MS = 5_000;

/** Of the thread, with all that it holds. */
const MEMORY_MB = 64;

/** A thread that has not begun by then will not. */
const START_MS = 60_000;

/** Evaluations that may wait for their turn. */
const MAX_WAITING = 1_000;

/**
 * Evaluates expressions one after another in a thread of its own: CEL ends always, but `[…].map(a, […].map(b, …))` and a
 * regular expression can make that a long time, and a string that doubles itself a lot of memory. The thread is ended and
 * replaced when an evaluation goes beyond its limits.
 */
export function createCelEvaluator({ timeoutMs = TIMEOUT_MS, memoryMb = MEMORY_MB } = {}): CelEvaluator {
  let worker: Worker | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let closed = false;

  const start = async (): Promise<Worker> => {
    const started = new Worker(new URL("./cel.worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
      // Nothing of the process is the expression's business.
      env: {},
      argv: [],
      execArgv: [],
    });
    const first = await answerOf(started, START_MS);
    if (first.status !== "answered") {
      await started.terminate();
      throw new SluiceError("unavailable", `the thread for CEL did not start: ${first.why}`);
    }
    // It alone keeps no process running; should it end while nobody asks it anything, the next one who asks starts another.
    started.unref();
    started.on("error", () => undefined);
    started.on("exit", () => {
      if (worker === started) worker = null;
    });
    return started;
  };

  const run = async (request: CelRequest): Promise<CelOutcome> => {
    if (closed) throw new SluiceError("cancelled", "the server stops");
    worker ??= await start();
    const current = worker;
    const answer = answerOf(current, timeoutMs);
    current.postMessage(request);
    const { status, ...rest } = await answer;
    if (status === "answered" && "outcome" in rest) return rest.outcome;
    worker = null;
    await current.terminate();
    if (closed) throw new SluiceError("cancelled", "the server stops");
    return { status: "failed", message: "why" in rest ? rest.why : "it gave no answer" };
  };

  const answerOf = (
    thread: Worker,
    limitMs: number,
  ): Promise<{ status: "answered"; outcome: CelOutcome } | { status: "gone"; why: string }> =>
    new Promise((resolve) => {
      const end = (result: Parameters<typeof resolve>[0]): void => {
        clearTimeout(timer);
        thread.off("message", onMessage).off("error", onError).off("exit", onExit);
        resolve(result);
      };
      const onMessage = (outcome: CelOutcome) => end({ status: "answered", outcome });
      const onError = (error: unknown) => end({ status: "gone", why: reasonOf(error, memoryMb) });
      const onExit = () => end({ status: "gone", why: "its thread ended" });
      const timer = setTimeout(() => end({ status: "gone", why: `it ran longer than ${limitMs} ms` }), limitMs);
      thread.on("message", onMessage).on("error", onError).on("exit", onExit);
    });

  return {
    async evaluate(request) {
      if (waiting >= MAX_WAITING) {
        throw new SluiceError("resource_exhausted", `${MAX_WAITING} expressions wait to be evaluated; try again later`);
      }
      waiting += 1;
      const result = turn.then(() => run(request)).finally(() => (waiting -= 1));
      turn = result.catch(() => undefined);
      return result;
    },
    async close() {
      closed = true;
      await worker?.terminate();
      await turn;
    },
  };
}

function reasonOf(error: unknown, memoryMb: number): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return `it needed more than ${memoryMb} MB of memory`;
  return error instanceof Error ? error.message : String(error);
}
