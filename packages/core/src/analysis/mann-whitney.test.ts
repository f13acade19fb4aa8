import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mannWhitney } from "./mann-whitney.ts";
import { erfc, normalQuantile, normalSf } from "./normal.ts";
import { rankSum, rankSumFrequencies } from "./rank-sum.ts";
import { difference, hodgesLehmann } from "./shift.ts";
import vectors from "./vectors/mann_whitney.json" with { type: "json" };
import quantiles from "./vectors/norm_ppf.json" with { type: "json" };
import tails from "./vectors/norm_sf.json" with { type: "json" };
import { expectWithin } from "./vectors/within.testing.ts";

describe("the normal law", () => {
  it.each(quantiles.cases)("has its quantile at $p", ({ p, out }) => {
    expectWithin(quantiles.tolerance, normalQuantile(p), out);
  });

  it.each(tails.cases)("exceeds $z with the reference's probability", ({ z, out }) => {
    expect(Math.abs(normalSf(z) / out - 1)).toBeLessThanOrEqual(tails.tolerance);
  });

  it("ends where probabilities end", () => {
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect([normalQuantile(-0.1), normalQuantile(Number.NaN), erfc(Number.NaN)]).toEqual([NaN, NaN, NaN]);
  });
});

describe("mannWhitney", () => {
  it.each(vectors.cases.map((vector, index) => ({ index, ...vector })))("matches reference case $index", (vector) => {
    const { tolerance } = vectors;
    const found = mannWhitney(vector.x, vector.y, 0.98);
    expect(found.u).toBe(vector.u);
    expectWithin(tolerance, found.z, vector.z);
    expectWithin(tolerance, found.sigma, vector.sigma);
    expectWithin(tolerance, found.approximate.greater, vector.p_greater);
    expectWithin(tolerance, found.approximate.less, vector.p_less);
    expectWithin(tolerance, found.approximate.twoSided, vector.p_two);
    expectWithin(tolerance, 2 * normalSf(Math.abs(found.z)), vector.p_two_no_continuity);
    expectWithin(tolerance, found.cles, vector.cles);
    expectWithin(tolerance, found.shift, vector.hodges_lehmann);
    expectWithin(tolerance, found.interval.low, vector.ci98[0] ?? Number.NaN);
    expectWithin(tolerance, found.interval.high, vector.ci98[1] ?? Number.NaN);
    expect(found.test.exact).toBe(vector.exact !== null);
    if (vector.exact === null) return;
    expectWithin(tolerance, found.test.greater, vector.exact.p_greater);
    expectWithin(tolerance, found.test.less, vector.exact.p_less);
    expectWithin(tolerance, found.test.twoSided, vector.exact.p_two);
  });

  it("finds nothing in samples without any spread", () => {
    const { sigma, z, test, interval } = mannWhitney([3, 3], [3, 3, 3], 0.98);
    expect({ sigma, z, interval }).toEqual({ sigma: 0, z: 0, interval: { low: 0, high: 0 } });
    expect(test).toEqual({ greater: 1, less: 1, twoSided: 1, exact: false });
  });

  it("is no number for samples with one that is none, instead of going round in circles", () => {
    expect(rankSum(Float64Array.of(1, Number.NaN), Float64Array.of(2)).u).toBeNaN();
  });

  it("counts every order of the samples once", () => {
    expect(Array.from(rankSumFrequencies(2, 2))).toEqual([1, 1, 2, 1, 1]);
    expect(rankSumFrequencies(10, 12).reduce((sum, count) => sum + count, 0)).toBe(646_646);
  });

  const sample = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 25 });

  it("finds the k-th difference as sorting all of them does", () => {
    fc.assert(
      fc.property(sample, sample, fc.nat(), (left, right, seed) => {
        const [x, y] = [Float64Array.from(left).sort(), Float64Array.from(right).sort()];
        const all = Float64Array.from(left.flatMap((value) => right.map((other) => value - other))).sort();
        const k = (seed % all.length) + 1;
        expect(difference(x, y, k) === (all[k - 1] ?? Number.NaN)).toBe(true);
        const half = all.length / 2;
        const median = all.length % 2 === 1 ? all[Math.floor(half)] : ((all[half - 1] ?? 0) + (all[half] ?? 0)) / 2;
        expect(hodgesLehmann(x, y) === median).toBe(true);
      }),
    );
  });

  it("turns around when the arms change places", () => {
    fc.assert(
      fc.property(sample, sample, (left, right) => {
        const [x, y] = [Float64Array.from(left).sort(), Float64Array.from(right).sort()];
        const [there, back] = [rankSum(x, y), rankSum(y, x)];
        expectWithin(1e-12, there.u + back.u, left.length * right.length);
        expectWithin(1e-12, there.sigma, back.sigma);
      }),
    );
  });

  it("takes ten thousand points a side", () => {
    const points = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_007);
    const found = mannWhitney(
      points.map((point) => point + 100),
      points,
      0.98,
    );
    expect(found.shift).toBe(100);
    expect(found.interval.low).toBeGreaterThan(0);
  });
});
