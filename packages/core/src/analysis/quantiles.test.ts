import { describe, expect, it } from "vitest";
import { bandSeparation, dkwRadius, lilConstant, simpleLilConstant } from "./dkw-band.ts";
import { kappaFor, quantileCs, quantileRankBounds, quantileStitchedRadius } from "./quantile-cs.ts";
import { logEQuantileTwoSample } from "./quantile-two-sample.ts";
import radii from "./vectors/dkw_lil_radius.json" with { type: "json" };
import kappas from "./vectors/kappa_opt.json" with { type: "json" };
import constants from "./vectors/lil_constant.json" with { type: "json" };
import twoSample from "./vectors/log_e_quantile_two_sample.json" with { type: "json" };
import histograms from "./vectors/quantile_cs_hist.json" with { type: "json" };
import ranks from "./vectors/quantile_rank_bounds.json" with { type: "json" };
import stitched from "./vectors/quantile_stitched_radius.json" with { type: "json" };
import { expectWithin } from "./vectors/within.testing.ts";

describe("a quantile's confidence sequence", () => {
  it.each(kappas.cases)("is tuned as the reference for $t_opt observations", ({ t_opt, alpha_opt, out }) => {
    expectWithin(kappas.tolerance, kappaFor(t_opt, alpha_opt), out);
  });

  it.each(ranks.cases)("excludes the reference's counts of $t observations at q = $q", (vector) => {
    const found = quantileRankBounds(vector.t, vector);
    expect(found).toEqual({ low: vector.k_lo, high: vector.k_hi });
  });

  it.each(histograms.cases)("excludes the reference's edges of $total latencies at q = $q", (vector) => {
    const found = quantileCs(vector.cum, vector.total, vector);
    expect(found).toEqual({ low: vector.lo_index, high: vector.hi_index });
    const edge = (index: number | null): number => vector.x0 * vector.g ** (index ?? Number.NaN);
    expectWithin(histograms.tolerance, edge(found.low), vector.lo);
    expectWithin(histograms.tolerance, edge(found.high), vector.hi);
  });

  it("says nothing of nothing", () => {
    expect(quantileCs([0, 0], 0, { q: 0.5, alpha: 0.05, kappa: 10 })).toEqual({ low: null, high: null });
  });

  it.each(stitched.cases)("has the reference's closed form for $t observations at q = $q", ({ t, q, alpha, out }) => {
    expectWithin(stitched.tolerance, quantileStitchedRadius(t, q, alpha), out);
  });
});

describe("the band around a distribution function", () => {
  it.each(constants.cases)("has the reference's constant at α = $alpha, A = $A", ({ alpha, A, C }) => {
    expectWithin(constants.tolerance, lilConstant(alpha, A), C);
  });

  it.each(radii.cases)("has the reference's width after $t from $m on at α = $alpha", (vector) => {
    expectWithin(radii.tolerance, dkwRadius(vector.t, lilConstant(vector.alpha), vector.m), vector.out);
    expectWithin(radii.tolerance, dkwRadius(vector.t, simpleLilConstant(vector.alpha)), vector.simple);
  });

  it("says nothing before its beginning", () => expect(dkwRadius(9, 8, 10)).toBe(Number.POSITIVE_INFINITY));

  it("separates arms of which one is far slower, and no others", () => {
    const fast = { cumulative: [5_000, 9_000, 10_000], total: 10_000 };
    const slow = { cumulative: [1_000, 4_000, 10_000], total: 10_000 };
    expect(bandSeparation(slow, fast, 0.01)?.edge).toBe(1);
    expect(bandSeparation(fast, slow, 0.01)).toBeNull();
    expect(bandSeparation(fast, fast, 0.01)).toBeNull();
    expect(bandSeparation({ cumulative: [0, 0, 0], total: 0 }, fast, 0.01)).toBeNull();
  });
});

describe("logEQuantileTwoSample", () => {
  it.each(twoSample.cases)("matches the reference for $n_c against $n_s at q = $q", (vector) => {
    const found = logEQuantileTwoSample(
      { cumulative: vector.cum_c, total: vector.n_c },
      { cumulative: vector.cum_s, total: vector.n_s },
      { q: vector.q, shift: vector.shift, oddsRatios: vector.omegas, cash: vector.cash },
    );
    expectWithin(twoSample.tolerance, found, vector.out);
  });

  it("never has evidence against equal arms, and none without data", () => {
    const counts = { cumulative: [10, 60, 90, 100], total: 100 };
    expect(logEQuantileTwoSample(counts, counts, { q: 0.5, shift: 0 })).toBeLessThan(0);
    const nothing = { cumulative: [0, 0, 0, 0], total: 0 };
    expect(logEQuantileTwoSample(nothing, nothing, { q: 0.5, shift: 0 })).toBeCloseTo(0, 12);
  });
});
