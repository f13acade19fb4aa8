import { ArmCounts, LATENCY_BINS } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { armCounts } from "./arm.counts.ts";
import type { Arm, Increments } from "./counter.ledger.ts";

const EDGES = [5, 10, 25, 50, 100, 250, 500, 1_000, Number.POSITIVE_INFINITY];
const bucketed = (times: readonly number[]): Map<number, number> => {
  const latency = new Map(EDGES.map((edge) => [edge, 0]));
  for (const time of times) {
    const edge = EDGES.find((candidate) => time <= candidate) ?? Number.POSITIVE_INFINITY;
    latency.set(edge, (latency.get(edge) ?? 0) + 1);
  }
  return latency;
};
const countsOf = (arm: Arm, increments: Increments, timesByOutcome = true): ArmCounts => {
  const counts = new ArmCounts();
  counts.add(armCounts(increments, { arm, msPerUnit: 1, timesByOutcome }));
  return counts;
};
const times = fc.array(fc.double({ min: 0.1, max: 3_000, noNaN: true }), { minLength: 1, maxLength: 60 });

describe("coarse buckets are read to the candidate's benefit", () => {
  test("nobody of the candidate looks slower than he was, and nobody of stable faster", () => {
    fc.assert(
      fc.property(times, fc.nat(LATENCY_BINS.overflow - 1), (answers, bin) => {
        const increments = { requests: answers.length, failed: 0, latency: bucketed(answers) };
        const slower = answers.filter((time) => time > LATENCY_BINS.edge(bin)).length;
        expect(countsOf("candidate", increments).slowerThan(bin)).toBeLessThanOrEqual(slower);
        expect(countsOf("stable", increments).slowerThan(bin)).toBeGreaterThanOrEqual(slower);
      }),
    );
  });

  test("counts make sense whatever is told: no more answers than requests, no more errors either", () => {
    const any = fc.record({
      requests: fc.nat(100),
      failed: fc.nat(100),
      answers: times,
      arm: fc.constantFrom<Arm>("stable", "candidate"),
      timesByOutcome: fc.boolean(),
    });
    fc.assert(
      fc.property(any, ({ requests, failed, answers, arm, timesByOutcome }) => {
        const told = { requests, failed: Math.min(failed, requests), latency: bucketed(answers) };
        const counts = countsOf(arm, told, timesByOutcome);
        expect(counts.warming + counts.latency.total).toBeLessThanOrEqual(requests);
        expect(counts.failures).toBeGreaterThanOrEqual(0);
        expect(counts.errors).toBeLessThanOrEqual(requests);
      }),
    );
  });
});

// edge case 12
test("a stable revision that fails fast does not make its fix look slow", () => {
  const broken = { requests: 100, failed: 100, latency: bucketed(new Array(100).fill(1)) };
  const fixed = { requests: 100, failed: 0, latency: bucketed(new Array(100).fill(80)) };
  const bin = LATENCY_BINS.binOf(20);
  expect(countsOf("stable", broken, false).slowerThan(bin)).toBe(100);
  expect(countsOf("candidate", fixed, false).slowerThan(bin)).toBe(100);
});

test("answers whose time nobody tells are no slow ones", () => {
  const counts = countsOf("candidate", { requests: 50, failed: 2, latency: new Map() });
  expect([counts.requests, counts.errors, counts.warming, counts.failures]).toEqual([50, 2, 48, 2]);
});
