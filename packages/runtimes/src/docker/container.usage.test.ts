import { expect, test } from "vitest";
import { readingOf } from "./container.usage.ts";

const stats = (cpuNs: number, usage: number, inactive?: number) => ({
  cpu_stats: { cpu_usage: { total_usage: cpuNs } },
  memory_stats: { usage, ...(inactive !== undefined && { stats: { inactive_file: inactive } }) },
});
const at = (pid: number, readAt: number) => ({ pid, readAt, at: 7 });

test("two readings tell the processor time between them, and memory without files that could be forgotten", () => {
  const first = readingOf(stats(1e9, 100), null, at(1, 1_000));
  expect(first.usage).toBeNull();
  const second = readingOf(stats(2e9, 300, 200), first, at(1, 3_000));
  expect(second.usage).toEqual({ rssBytes: 100, cpuCores: 0.5, at: 7 });
});

test("a fresh container is not compared with the one before it", () => {
  const first = readingOf(stats(5e9, 100), null, at(1, 1_000));
  expect(readingOf(stats(1e9, 100), first, at(2, 3_000)).usage).toBeNull();
});
