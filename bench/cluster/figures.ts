import { readFile } from "node:fs/promises";

/** Resident memory of a process, in MiB. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

/** A value that so large a share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Two figures of many, in seconds; `values` are milliseconds. */
export const spread = (values: readonly number[]): string =>
  `p50 ${(quantile(values, 0.5) / 1_000).toFixed(2)} s, p95 ${(quantile(values, 0.95) / 1_000).toFixed(2)} s`;

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Runs the work for each item, so many at once. */
export async function atOnce<T>(places: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: places }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
