import { LATENCY_BINS, makesSense, weightFromPercent } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { armOf, BIN, binOfReport, newCounts, statsOf } from "./counts.ts";

const anyCounts = fc
  .array(fc.tuple(fc.integer({ min: BIN.handedOut, max: LATENCY_BINS.overflow }), fc.nat(1_000)))
  .map((rows) => new Map(rows));

test("a report is an error, an answer of a latency, an answer without one, or nothing about an answer", () => {
  expect(binOfReport({ error: true, latencyMs: 5 })).toBe(BIN.error);
  expect(binOfReport({ error: false, latencyMs: 100 })).toBe(LATENCY_BINS.binOf(100));
  expect(binOfReport({ latencyMs: 100 })).toBe(LATENCY_BINS.binOf(100));
  expect(binOfReport({ error: false })).toBe(BIN.untimed);
  expect(binOfReport({})).toBeNull();
});

test("whatever was counted makes sense to the guard, and readings are no requests", () => {
  fc.assert(
    fc.property(anyCounts, anyCounts, (stable, candidate) => {
      const arrivals = (counts: ReadonlyMap<number, number>) => {
        const { latency, ...arm } = armOf(counts);
        const bins = new Array<number>(LATENCY_BINS.count).fill(0);
        for (const [bin, count] of latency) bins[bin] = count;
        return { ...arm, latency: bins };
      };
      const weight = weightFromPercent(50);
      expect(makesSense({ weight, stable: arrivals(stable), candidate: arrivals(candidate) })).toBe(true);
    }),
  );
  expect(statsOf(3, new Map([[BIN.handedOut, 9]]))).toMatchObject({ revision: 3, requests: 0, exposures: 9 });
});

test("what is new and what was before add up to what is now", () => {
  fc.assert(
    fc.property(anyCounts, anyCounts, (before, more) => {
      const bins = new Set([...before.keys(), ...more.keys()]);
      const now = new Map([...bins].map((bin) => [bin, (before.get(bin) ?? 0) + (more.get(bin) ?? 0)]));
      const found = newCounts(now, before);
      for (const bin of bins) expect(found.get(bin)).toBe(more.get(bin) ?? 0);
    }),
  );
  expect(newCounts(new Map([[1, 3]]), new Map([[1, 5]]))).toEqual(new Map([[1, 0]]));
});
