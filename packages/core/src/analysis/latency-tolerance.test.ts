import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ToleratedBins } from "./latency-tolerance.ts";
import { LATENCY_BINS } from "./log-bins.ts";

const bin = fc.integer({ min: 0, max: LATENCY_BINS.overflow - 1 });
const tolerance = fc.record({
  relative: fc.double({ min: 0, max: 3, noNaN: true }),
  absoluteMs: fc.double({ min: 0, max: 100, noNaN: true }),
});

describe("a tolerance of latency", () => {
  test("of nothing leaves every bin where it is", () => {
    const bins = new ToleratedBins({ relative: 0, absoluteMs: 0 });
    expect([0, 7, 160].map((at) => bins.candidateBin(at))).toEqual([0, 7, 160]);
    expect([0, 7, 160].map((at) => bins.stableBin(at))).toEqual([0, 7, 160]);
  });

  test("of 5 ms forgives one millisecond that becomes six, and not one that becomes ten", () => {
    const bins = new ToleratedBins({ relative: 0, absoluteMs: 5 });
    const limit = bins.candidateBin(LATENCY_BINS.binOf(1));
    expect(LATENCY_BINS.binOf(6)).toBeLessThanOrEqual(limit);
    expect(LATENCY_BINS.binOf(10)).toBeGreaterThan(limit);
  });

  test("never asks more of the candidate than of stable, and gives it the benefit inside a bin", () => {
    fc.assert(
      fc.property(tolerance, bin, (given, at) => {
        const bins = new ToleratedBins(given);
        const edge = LATENCY_BINS.edge(bins.candidateBin(at));
        const shift = LATENCY_BINS.ratio ** LATENCY_BINS.shiftOf(given.relative);
        expect(edge).toBeGreaterThanOrEqual(LATENCY_BINS.edge(at) * shift * (1 - 1e-9) + given.absoluteMs);
      }),
    );
  });

  test("ranks a tolerated latency no worse than the one it comes from, and keeps the order", () => {
    fc.assert(
      fc.property(tolerance, bin, (given, at) => {
        const bins = new ToleratedBins(given);
        expect(bins.stableBin(bins.candidateBin(at))).toBeLessThanOrEqual(at);
        expect(bins.stableBin(at)).toBeLessThanOrEqual(bins.stableBin(at + 1));
      }),
    );
  });
});
