import type { RevisionStats, RouteObservation } from "@sluice/core";
import { LATENCY_BINS } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { nextSampleMs, sampleOf } from "./sample.ts";

const bin = LATENCY_BINS.binOf(10);

const stats = (revision: number, requests: number, errors = 0, slow = 0): RevisionStats => ({
  ...{ revision, requests, errors, aborted: 0, bytesIn: 0, bytesOut: 0, inFlight: 0 },
  status: { "1xx": 0, "2xx": requests - errors, "3xx": 0, "4xx": 0, "5xx": errors, failed: 0 },
  latency: [
    [bin, requests - slow],
    [bin + 20, slow],
  ],
});

const route = (...revisions: RevisionStats[]): RouteObservation => ({
  ...{ id: "dep_1", epoch: 1, usable: [], guard: null },
  split: [
    { revision: 1, weight: 9_000 },
    { revision: 2, weight: 1_000 },
  ],
  stats: revisions,
});

const ARMS = { stable: 1, candidate: 2 };

describe("a sample of a rollout", () => {
  test("has what each arm did since the one before, and the quantiles of that alone", () => {
    const before = { at: 1_000, stats: [stats(1, 100, 5), stats(2, 10)] };
    const sample = sampleOf(before, route(stats(1, 190, 6), stats(2, 20, 4, 10)), ARMS, {
      at: 3_000,
      guard: null,
      judge: 0.5,
    });
    expect(sample).toMatchObject({
      ...{ ms: 2_000, weight: 1_000, guard: null, judge: 0.5 },
      stable: { requests: 90, errors: 1 },
      candidate: { requests: 10, errors: 4 },
    });
    expect(sample.candidate.latency?.[0]).toBeGreaterThan((sample.stable.latency?.[2] ?? 0) * 2);
  });

  test("counts from nothing where the gateway began anew, or an arm has just come", () => {
    const before = { at: 0, stats: [stats(1, 100)] };
    expect(
      sampleOf(before, route(stats(1, 7), stats(2, 3)), ARMS, { at: 2_000, guard: null, judge: null }),
    ).toMatchObject({
      stable: { requests: 7 },
      candidate: { requests: 3 },
    });
  });

  test("says that there was no answer where there was none", () => {
    const before = { at: 0, stats: [stats(1, 100)] };
    expect(sampleOf(before, route(stats(1, 100)), ARMS, { at: 2_000, guard: null, judge: null })).toMatchObject({
      stable: { requests: 0, errors: 0, latency: null },
      candidate: { requests: 0, errors: 0, latency: null },
    });
  });
});

test("samples come every two seconds at first, then ever more seldom, and never more than a hundred a second", () => {
  expect(nextSampleMs(0, 1)).toBe(2_000);
  expect(nextSampleMs(1_200_000, 1)).toBe(2_000);
  expect(nextSampleMs(86_400_000, 1)).toBe(144_000);
  expect(nextSampleMs(0, 1_000)).toBe(10_000);
});
