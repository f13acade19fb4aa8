import { expect, test } from "vitest";
import { LogHistogram } from "../analysis/log-histogram.ts";
import type { InstanceStatus } from "../runtime/runtime.ts";
import type { RevisionStats } from "../traffic/route.ts";
import { figureOf, type Look } from "./figures.ts";

const LIMITS = { memoryMb: 100, cpuCores: 2 };

function stats(revision: number, latencies: number[], errors = 0): RevisionStats {
  const latency = new LogHistogram();
  for (const ms of latencies) latency.record(ms);
  const status = { "1xx": 0, "2xx": latencies.length - errors, "3xx": 0, "4xx": 0, "5xx": errors, failed: 0 };
  const counts = { requests: latencies.length, errors, aborted: 0, bytesIn: 0, bytesOut: 0, inFlight: 0 };
  return { revision, ...counts, status, latency: latency.toSparse() };
}

const instance = (cpuCores: number, mebibytes: number): InstanceStatus => ({
  ...{ id: "i", revision: 1, state: "ready", address: null, pid: 1, restarts: 0 },
  ...{ startedAt: 0, readyAt: 0, reason: null, usage: { cpuCores, rssBytes: mebibytes * 1_048_576, at: 0 } },
});

const look = (at: number, of: RevisionStats[] | null, instances: InstanceStatus[] = []): Look => ({
  at,
  stats: of,
  instances,
});

test("figures of traffic are of what happened between the looks, all revisions together", () => {
  const before = look(0, [stats(1, Array(100).fill(10))]);
  const after = look(10_000, [
    stats(1, [...Array(100).fill(10), ...Array(30).fill(3_000)], 10),
    stats(2, Array(10).fill(20)),
  ]);
  expect(figureOf("request_rate", before, after, LIMITS)).toBe(4);
  expect(figureOf("error_rate", before, after, LIMITS)).toBe(25);
  expect(figureOf("response_time", before, after, LIMITS)).toBeGreaterThan(2_700);
  expect(figureOf("response_time_p50", before, after, LIMITS)).toBeGreaterThan(2_700);
});

test("without a request there is a rate, and nothing that could be slow or fail", () => {
  const quiet = [look(0, [stats(1, [10])]), look(1_000, [stats(1, [10])])] as const;
  expect(figureOf("request_rate", ...quiet, LIMITS)).toBe(0);
  expect(figureOf("error_rate", ...quiet, LIMITS)).toBeNull();
  expect(figureOf("response_time", ...quiet, LIMITS)).toBeNull();
  expect(figureOf("request_rate", look(0, null), look(1_000, [stats(1, [10])]), LIMITS)).toBeNull();
});

test("counters that began again count from there", () => {
  const before = look(0, [stats(1, Array(100).fill(3_000), 50)]);
  const after = look(1_000, [stats(1, [10, 10])]);
  expect(figureOf("request_rate", before, after, LIMITS)).toBe(2);
  expect(figureOf("error_rate", before, after, LIMITS)).toBe(0);
  expect(figureOf("response_time", before, after, LIMITS)).toBeLessThan(20);
});

test("usage is that of the hungriest instance, in percent of its limit", () => {
  const now = look(0, null, [instance(0.5, 20), instance(1.9, 10)]);
  expect(figureOf("cpu_usage", now, now, LIMITS)).toBeCloseTo(95);
  expect(figureOf("memory_usage", now, now, LIMITS)).toBeCloseTo(20);
  expect(figureOf("cpu_usage", now, look(0, null), LIMITS)).toBeNull();
});
