import { Worker } from "node:worker_threads";
import type { LoadFigures } from "@sluice/core";
import type { LoadSpec } from "./load.types.ts";

/** Beyond the test's own seconds: start of the thread, last answers. */
const GRACE_MS = 30_000;
const MAX_HEAP_MB = 512;

/**
 * Loads the addresses as `spec` says, in a thread of its own. Rejects with an `Error` when the thread dies (a candidate whose
 * answers fill its memory) or does not end, and with the signal's reason when aborted. The thread is gone afterwards.
 */
export async function generateLoad(spec: LoadSpec, signal: AbortSignal): Promise<LoadFigures> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./load.worker.ts", import.meta.url), {
    workerData: spec,
    // The generator warns of its own timers there.
    stderr: true,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  worker.stderr.resume();
  const { promise, resolve, reject } = Promise.withResolvers<LoadFigures>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const deadline = setTimeout(
    () => reject(new Error(`the load generator had not ended ${GRACE_MS / 1_000} s after its ${spec.seconds} s`)),
    spec.seconds * 1_000 + GRACE_MS,
  );
  worker.on("message", resolve);
  worker.on("error", (error) => reject(new Error(`the load generator failed: ${message(error)}`)));
  worker.on("exit", () => reject(new Error("the load generator ended without figures")));
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener("abort", abort);
    await worker.terminate();
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
