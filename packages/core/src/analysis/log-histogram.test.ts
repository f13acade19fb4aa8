import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LATENCY_BINS, LogBins } from "./log-bins.ts";
import { LogHistogram } from "./log-histogram.ts";
import vectors from "./vectors/log_histogram_index.json" with { type: "json" };

const latency = fc.double({ min: 0, max: 1e6, noNaN: true });

describe("LogBins", () => {
  it.each(vectors.cases)("puts $x into bin $out", ({ x, x0, g, n, out }) => {
    expect(new LogBins(x0, g, n).binOf(x)).toBe(out);
    expect(LATENCY_BINS.binOf(x)).toBe(out);
  });

  it("puts every edge into its own bin and the next larger number into the following one", () => {
    for (const [bin, edge] of LATENCY_BINS.edges.entries()) {
      expect(LATENCY_BINS.binOf(edge)).toBe(bin);
      expect(LATENCY_BINS.binOf(edge * (1 + Number.EPSILON))).toBe(bin + 1);
    }
  });

  it("encloses every value between the edges of its bin", () => {
    fc.assert(
      fc.property(latency, (value) => {
        const bin = LATENCY_BINS.binOf(value);
        expect(value).toBeLessThanOrEqual(LATENCY_BINS.edge(bin));
        if (bin > 0) expect(value).toBeGreaterThan(LATENCY_BINS.edge(bin - 1));
      }),
    );
  });

  it("counts what is not a number as slower than every edge", () => {
    expect(LATENCY_BINS.binOf(Number.NaN)).toBe(LATENCY_BINS.overflow);
    expect(LATENCY_BINS.binOf(Number.POSITIVE_INFINITY)).toBe(LATENCY_BINS.overflow);
  });

  it("rounds a tolerance to whole bins", () => {
    expect([0, 0.04, 0.1, 1].map((tolerance) => LATENCY_BINS.shiftOf(tolerance))).toEqual([0, 0, 1, 8]);
  });
});

describe("LogHistogram", () => {
  it("keeps every count through its sparse form and through merging", () => {
    fc.assert(
      fc.property(fc.array(latency), fc.array(latency), (first, second) => {
        const [left, right, both] = [new LogHistogram(), new LogHistogram(), new LogHistogram()];
        for (const value of first) left.record(value);
        for (const value of second) right.record(value);
        for (const value of [...first, ...second]) both.record(value);
        left.add(LogHistogram.fromSparse(right.toSparse()).counts);
        expect(left.toSparse()).toEqual(both.toSparse());
        expect(left.total).toBe(first.length + second.length);
      }),
    );
  });

  it("answers a quantile at most one bin above the sample's", () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const histogram = new LogHistogram();
        for (const value of values) histogram.record(value);
        const rank = Math.max(1, Math.ceil(q * values.length));
        const exact = values.toSorted((left, right) => left - right)[rank - 1] ?? Number.NaN;
        expect(histogram.quantileBin(q)).toBe(LATENCY_BINS.binOf(exact));
      }),
    );
  });

  it("has no quantile while empty, and none again after clearing", () => {
    const histogram = new LogHistogram();
    expect(histogram.quantile(0.5)).toBeNull();
    histogram.record(3);
    expect(histogram.quantile(0.5)).toBe(LATENCY_BINS.edge(LATENCY_BINS.binOf(3)));
    histogram.clear();
    expect(histogram.quantile(0.5)).toBeNull();
  });

  it.each([
    [[[162, 1]], "latency[0][0]"],
    [[[0.5, 1]], "latency[0][0]"],
    [
      [
        [3, 1],
        [4, -1],
      ],
      "latency[1][1]",
    ],
    [[[3, Number.NaN]], "latency[0][1]"],
  ] as [[number, number][], string][])("refuses the sparse counts %j and names the field", (sparse, field) => {
    expect(() => LogHistogram.fromSparse(sparse)).toThrow(field);
  });
});
