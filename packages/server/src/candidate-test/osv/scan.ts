import { Worker } from "node:worker_threads";
import type { Component } from "./component.ts";
import type { Finding } from "./findings.ts";

export interface ScanRequest {
  folder: string;
  components: readonly Component[];
}

export interface ScanResult {
  /** Entries that were looked up. */
  entries: number;
  /** Files that are no OSV entry. */
  unreadable: number;
  findings: Finding[];
  undecided: number;
}

/** A whole copy of OSV is read in well under a minute; a network's folder may take longer. */
const LIMIT_MS = 600_000;
const MAX_HEAP_MB = 512;

/** Looks the components up in the folder. Rejects with an `Error` that says why it cannot be read, or the signal's reason. */
export async function scanFolder(request: ScanRequest, signal: AbortSignal): Promise<ScanResult> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./scan.worker.ts", import.meta.url), {
    workerData: request,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<ScanResult>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(() => reject(new Error(`it was not read within ${LIMIT_MS / 60_000} minutes`)), LIMIT_MS);
  worker.on("message", resolve);
  worker.on("error", reject);
  worker.on("exit", () => reject(new Error("the reading thread ended without a result")));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    await worker.terminate();
  }
}
