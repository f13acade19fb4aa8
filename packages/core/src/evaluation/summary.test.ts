import fc from "fast-check";
import { expect, test } from "vitest";
import { createSummary, type Sample } from "./summary.ts";

const sample = (given: Partial<Sample> = {}): Sample => ({
  score: 1,
  passed: true,
  error: false,
  latencyMs: 100,
  costUsd: null,
  promptTokens: null,
  completionTokens: null,
  ...given,
});

const summaryOf = (samples: readonly Sample[]) => {
  const summing = createSummary();
  for (const one of samples) summing.add(one);
  return summing.summary();
};

test("a sample with an error counts as nothing achieved", () => {
  const failed = sample({ error: true, score: 1, passed: true, latencyMs: null });
  expect(summaryOf([sample(), sample({ score: 0.5, passed: false }), failed, sample({ costUsd: 0.02 })])).toMatchObject(
    {
      sampleCount: 4,
      errors: 1,
      metrics: { score: 0.625, passRate: 0.5, errorRate: 0.25, costUsd: 0.02, meanMs: 100 },
    },
  );
});

test("without samples there are no metrics", () => {
  expect(summaryOf([])).toEqual({ sampleCount: 0, errors: 0, metrics: {} });
});

test("percentiles are exact to one percent, upwards", () => {
  const latency = fc.double({ min: 0.001, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1, maxLength: 200 }), (latencies) => {
      const { metrics } = summaryOf(latencies.map((latencyMs) => sample({ latencyMs })));
      const sorted = latencies.toSorted((left, right) => left - right);
      for (const [name, quantile] of [
        ["p50Ms", 0.5],
        ["p95Ms", 0.95],
        ["p99Ms", 0.99],
      ] as const) {
        const exact = sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0;
        expect(metrics[name]).toBeGreaterThanOrEqual(exact * 0.999999 - 0.001);
        expect(metrics[name]).toBeLessThanOrEqual(exact * 1.0101 + 0.001);
      }
    }),
  );
});

test("the order of the samples does not matter", () => {
  const any = fc.record({ score: fc.constantFrom(0, 0.25, 1), passed: fc.boolean(), error: fc.boolean() });
  fc.assert(
    fc.property(fc.array(any), (samples) => {
      const all = samples.map(sample);
      expect(summaryOf(all.toReversed())).toEqual(summaryOf(all));
    }),
  );
});
