import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bet, balancedStakes, logEBalanced, type WeightedValues } from "./balanced-bets.ts";
import { isBatchComplete } from "./batch-closer.ts";
import { bernoulliCs, logEBetaBinomial } from "./bernoulli-cs.ts";
import { combineMetrics } from "./combine-metrics.ts";
import { logEFisher, logPartition } from "./fisher.ts";
import { logChoose, logFactorial, logGamma } from "./log-gamma.ts";
import { logAddExp, logSumExp } from "./logsumexp.ts";
import { planDetection } from "./plan-detection.ts";
import { logESampleRatio, SAMPLE_RATIO_BOUND } from "./sample-ratio.ts";
import closer from "./vectors/batch_closer.json" with { type: "json" };
import bernoulli from "./vectors/bernoulli_cs.json" with { type: "json" };
import combine from "./vectors/combine_metrics.json" with { type: "json" };
import lgamma from "./vectors/lgamma.json" with { type: "json" };
import balanced from "./vectors/log_e_balanced.json" with { type: "json" };
import betaBinomial from "./vectors/log_e_beta_binomial.json" with { type: "json" };
import fisher from "./vectors/log_e_fisher.json" with { type: "json" };
import sampleRatio from "./vectors/log_e_srm.json" with { type: "json" };
import plan from "./vectors/plan_detection.json" with { type: "json" };
import { expectWithin } from "./vectors/within.testing.ts";

const each = (values: number[]): WeightedValues => ({ values, counts: values.map(() => 1) });

describe("ln Γ", () => {
  it.each(lgamma.cases)("is $out at $x", ({ x, out }) => expectWithin(lgamma.tolerance, logGamma(x), out));

  it("agrees with the sum of logarithms on both sides of the table's end", () => {
    let sum = 0;
    for (let n = 1; n <= 5_000; n += 1) {
      sum += Math.log(n);
      expectWithin(1e-12, logFactorial(n), sum);
    }
    expectWithin(1e-12, Math.exp(logChoose(10, 3)), 120);
  });
});

describe("logSumExp", () => {
  it("neither overflows nor underflows", () => {
    expectWithin(1e-15, logSumExp([1_000, 1_000]), 1_000 + Math.LN2);
    expectWithin(1e-15, logSumExp([-1_000, -1_000]), -1_000 + Math.LN2);
    expectWithin(1e-15, logAddExp(1_000, -1_000), 1_000);
    expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
    expect(logAddExp(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
  });

  it("passes on what is not a number instead of hiding it", () => {
    expect(logSumExp([1, Number.NaN])).toBeNaN();
  });
});

describe("logEFisher", () => {
  it.each(fisher.cases)("matches the reference for $k_c/$n_c against $k_s/$n_s at ω = $omega", (vector) => {
    const table = {
      candidateErrors: vector.k_c,
      candidateRequests: vector.n_c,
      stableErrors: vector.k_s,
      stableRequests: vector.n_s,
    };
    expectWithin(fisher.tolerance, logEFisher(table, vector.omega, vector.omega0), vector.out);
  });

  it("sums the normaliser exactly, as the plain sum over all terms does", () => {
    const sizes = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), fc.double({ min: 0.01, max: 1e5, noNaN: true }), (nc, ns, seed, odds) => {
        const errors = seed % (nc + ns + 1);
        const terms: number[] = [];
        for (let u = Math.max(0, errors - ns); u <= Math.min(nc, errors); u += 1) {
          terms.push(logChoose(nc, u) + logChoose(ns, errors - u) + u * Math.log(odds));
        }
        expectWithin(1e-11, logPartition(nc, ns, errors, odds), logSumExp(terms));
      }),
    );
  });

  it("has a mean of exactly 1 under the null, given the margins", () => {
    const [nc, ns, errors] = [7, 23, 6];
    let mean = 0;
    for (let u = 0; u <= errors; u += 1) {
      const table = { candidateErrors: u, candidateRequests: nc, stableErrors: errors - u, stableRequests: ns };
      const probability = Math.exp(logChoose(nc, u) + logChoose(ns, errors - u) - logChoose(nc + ns, errors));
      mean += probability * Math.exp(logEFisher(table, 8));
    }
    expectWithin(1e-12, mean, 1);
  });

  it("stays finite for a batch of 50,000 requests of which half failed", () => {
    const table = { candidateErrors: 13_000, candidateRequests: 25_000, stableErrors: 12_000, stableRequests: 25_000 };
    expect(logEFisher(table, 1.3)).toBeGreaterThan(20);
    expect(Number.isFinite(logEFisher(table, 100_000))).toBe(true);
  });
});

describe("isBatchComplete", () => {
  it.each(closer.cases)("closes the reference batches at w = $w, need = $need", ({ w, need, ticks, out }) => {
    let open = [0, 0, 0, 0];
    const closed = ticks.map((tick) => {
      open = open.map((sum, index) => sum + (tick[index] ?? 0));
      const complete = isBatchComplete({ candidate: open[1] ?? 0, stable: open[3] ?? 0 }, w, need);
      const batch = open;
      if (complete) open = [0, 0, 0, 0];
      return complete ? batch : null;
    });
    expect(closed).toEqual(out);
  });

  it.each([0, 1, Number.NaN])("never closes a batch at a share of %d", (share) => {
    expect(isBatchComplete({ candidate: 1e6, stable: 1e6 }, share)).toBe(false);
  });

  it("needs as many requests at 90 % as at 10 %, whatever rounding does to 1 − 0.9", () => {
    expect(isBatchComplete({ candidate: 9, stable: 1 }, 0.9)).toBe(true);
    expect(isBatchComplete({ candidate: 1, stable: 9 }, 0.1)).toBe(true);
    expect(isBatchComplete({ candidate: 1, stable: 8 }, 0.1)).toBe(false);
  });
});

describe("logEBalanced", () => {
  it.each(balanced.cases)("matches the reference at centre $p and fraction $fraction", (vector) => {
    const bet: Bet = {
      claim: vector.noninferiority ? "not_worse" : "worse",
      centre: vector.p,
      margin: vector.delta,
      fraction: vector.fraction,
    };
    const stakes = balancedStakes(bet, vector.y_canary.length / vector.y_stable.length);
    expectWithin(balanced.tolerance, stakes.candidate, vector.lam_c);
    expectWithin(balanced.tolerance, stakes.stable, vector.lam_s);
    expectWithin(balanced.tolerance, logEBalanced(each(vector.y_canary), each(vector.y_stable), bet), vector.out);
  });

  it("says nothing without one of the arms", () => {
    const bet: Bet = { claim: "worse", centre: 0.5, margin: 0, fraction: 0.9 };
    expect(logEBalanced(each([1, 1]), each([]), bet)).toBe(0);
    expect(logEBalanced(each([]), each([0]), bet)).toBe(0);
  });
});

describe("logEBetaBinomial", () => {
  it.each(betaBinomial.cases)("matches the reference for $k of $n against $theta0", ({ k, n, theta0, a, b, out }) =>
    expectWithin(betaBinomial.tolerance, logEBetaBinomial(k, n, theta0, a, b), out),
  );
});

describe("bernoulliCs", () => {
  it.each(bernoulli.cases)("matches the reference for $k of $n at α = $alpha", ({ k, n, alpha, lo, hi }) => {
    const interval = bernoulliCs(k, n, alpha);
    expectWithin(bernoulli.tolerance, interval.low, lo);
    expectWithin(bernoulli.tolerance, interval.high, hi);
  });

  it("knows nothing before the first trial", () => expect(bernoulliCs(0, 0, 0.05)).toEqual({ low: 0, high: 1 }));
});

describe("combineMetrics", () => {
  it.each(combine.cases)("averages $log_es by $weights", ({ log_es, weights, out }) => {
    const metrics = log_es.map((logEvidence, index) => ({ logEvidence, share: weights[index] ?? 0 }));
    expectWithin(combine.tolerance, combineMetrics(metrics), out);
  });
});

describe("logESampleRatio", () => {
  it.each(sampleRatio.cases)("matches the reference for $levels", ({ levels, out }) => {
    const rows = levels.map(([share = 0, candidate = 0, stable = 0]) => ({ share, candidate, stable }));
    expectWithin(sampleRatio.tolerance, logESampleRatio(rows), out);
  });

  // edge case 46
  it("stops believing a split that is 8 % when it should be 5 %, and believes one that is 5 %", () => {
    expect(logESampleRatio([{ share: 0.05, candidate: 160, stable: 1_840 }])).toBeGreaterThan(SAMPLE_RATIO_BOUND);
    expect(logESampleRatio([{ share: 0.05, candidate: 100, stable: 1_900 }])).toBeLessThan(0);
  });
});

describe("planDetection", () => {
  it.each(plan.cases)("matches the reference for $p0 → $p1 at w = $w", (vector) => {
    const { p0, p1, w, rps, alpha } = vector;
    const question = { baselineRate: p0, candidateRate: p1, share: w, requestsPerSecond: rps, alpha };
    const answer = planDetection(question);
    expectWithin(plan.tolerance, answer.growth, vector.growth);
    expectWithin(plan.tolerance, answer.threshold, vector.threshold);
    expectWithin(plan.tolerance, answer.requests.mean, vector.mean_requests);
    expectWithin(plan.tolerance, answer.requests.quantile90, vector.q_requests);
    expectWithin(plan.tolerance, answer.seconds.mean, vector.mean_seconds);
    expectWithin(plan.tolerance, answer.seconds.quantile90, vector.q_seconds);
    expectWithin(plan.tolerance, answer.candidate.requests, vector.canary_requests);
    expectWithin(plan.tolerance, answer.candidate.errors, vector.canary_errors);
  });

  it("never finishes when the candidate is no worse", () => {
    const same = { baselineRate: 0.01, candidateRate: 0.01, share: 0.1, requestsPerSecond: 10, alpha: 0.01 };
    expect(planDetection(same).requests).toEqual({
      mean: Number.POSITIVE_INFINITY,
      quantile90: Number.POSITIVE_INFINITY,
    });
    expect(planDetection({ ...same, candidateRate: 0.001 }).seconds.mean).toBe(Number.POSITIVE_INFINITY);
  });

  it("takes longer for a metric with less than the whole stake", () => {
    const question = { baselineRate: 0.01, candidateRate: 0.1, share: 0.1, requestsPerSecond: 10, alpha: 0.01 };
    expect(planDetection({ ...question, metricShare: 0.5 }).requests.mean).toBeGreaterThan(
      planDetection(question).requests.mean,
    );
  });
});
