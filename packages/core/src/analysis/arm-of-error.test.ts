import { describe, expect, it } from "vitest";
import { ArmOfErrorJudge, errorShare, logEArmOfError, logEArmOfErrorMixed } from "./arm-of-error.ts";
import { logEBetaBinomial } from "./bernoulli-cs.ts";
import { planNonInferiority } from "./plan-non-inferiority.ts";
import { rateRatioCs } from "./rate-ratio-cs.ts";
import vectors from "./vectors/log_e_arm_of_error.json" with { type: "json" };
import plans from "./vectors/plan_noninferiority.json" with { type: "json" };
import ratios from "./vectors/rate_ratio_cs.json" with { type: "json" };
import { expectWithin } from "./vectors/within.testing.ts";

describe("logEArmOfError", () => {
  it.each(vectors.cases)("matches the reference for $k_canary of $errors_by_weight at a ratio of $rho", (vector) => {
    const levels = vector.errors_by_weight.map(([share = 0, errors = 0]) => ({ share, errors }));
    expectWithin(vectors.tolerance, logEArmOfError(vector.k_canary, levels, vector.rho, vector.rho0), vector.out);
  });

  it.each([0.5, 1])("has a mean of at most 1 when the candidate's rate is %d times stable's", (truth) => {
    let mean = 0;
    for (const [first, share] of [0, 1].flatMap((k) => [0.1, 0.5].map((w) => [k, w] as const))) {
      for (let second = 0; second <= 1; second += 1) {
        const judge = new ArmOfErrorJudge();
        judge.update({ candidateErrors: first, errors: 1, share });
        judge.update({ candidateErrors: second, errors: 1, share: 0.25 });
        const probability = (k: number, w: number) => (k === 1 ? errorShare(w, truth) : 1 - errorShare(w, truth));
        mean += 0.5 * probability(first, share) * probability(second, 0.25) * Math.exp(judge.logWealth);
      }
    }
    expect(mean).toBeLessThanOrEqual(1 + 1e-12);
    if (truth === 1) expect(mean).toBeCloseTo(1, 12);
  });

  it("is a beta-binomial mixture when all ratios are asked at once", () => {
    expect(logEArmOfErrorMixed(9, 20, 0.1)).toBe(logEBetaBinomial(9, 20, 0.1, 1, 9));
    expect(logEArmOfErrorMixed(9, 20, 0.1)).toBeGreaterThan(3);
    expect(logEArmOfErrorMixed(9, 20, 0.1, 4)).toBeLessThan(1);
  });
});

describe("ArmOfErrorJudge", () => {
  it("notices a candidate that has the errors, and goes on from its state", () => {
    const judge = new ArmOfErrorJudge();
    for (let error = 0; error < 4; error += 1) judge.update({ candidateErrors: 1, errors: 1, share: 0.05 });
    expect(judge.logWealth).toBeGreaterThan(Math.log(100));
    const second = new ArmOfErrorJudge(JSON.parse(JSON.stringify(judge.state())));
    for (const each of [judge, second]) each.update({ candidateErrors: 0, errors: 3, share: 0.1 });
    expect(second.state()).toEqual(judge.state());
  });

  it("drops what makes no sense or says nothing", () => {
    const judge = new ArmOfErrorJudge();
    for (const batch of [
      { candidateErrors: 0, errors: 0, share: 0.5 },
      { candidateErrors: 2, errors: 1, share: 0.5 },
      { candidateErrors: 1, errors: 1, share: 1 },
      { candidateErrors: Number.NaN, errors: 1, share: 0.5 },
      { candidateErrors: 1, errors: 1, share: Number.NaN },
    ]) {
      expect(judge.update(batch)).toBe(false);
    }
    expect(judge.state()).toEqual(new ArmOfErrorJudge().state());
  });
});

describe("rateRatioCs", () => {
  it.each(ratios.cases)("matches the reference for $k_canary of $n_errors errors at $w", (vector) => {
    const found = rateRatioCs(vector.k_canary, vector.n_errors, vector.w, vector.alpha);
    expectWithin(ratios.tolerance, found.low, vector.lo);
    expectWithin(ratios.tolerance, found.high, vector.hi ?? Number.POSITIVE_INFINITY);
  });

  it("has no upper end while all errors are the candidate's, and knows nothing before the first", () => {
    expect(rateRatioCs(3, 3, 0.1, 0.05).high).toBe(Number.POSITIVE_INFINITY);
    expect(rateRatioCs(0, 0, 0.1, 0.05)).toEqual({ low: 0, high: Number.POSITIVE_INFINITY });
  });
});

describe("planNonInferiority", () => {
  it.each(plans.cases)("matches the reference for a margin of $delta at $p0 and a share of $w", (vector) => {
    const plan = planNonInferiority({
      baselineRate: vector.p0,
      margin: vector.delta,
      share: vector.w,
      requestsPerSecond: vector.rps,
      alpha: vector.alpha,
    });
    expectWithin(plans.tolerance, plan.growth, vector.growth);
    expectWithin(plans.tolerance, plan.threshold, vector.threshold);
    expectWithin(plans.tolerance, plan.requests, vector.mean_requests);
    expectWithin(plans.tolerance, plan.seconds, vector.mean_seconds);
    expectWithin(plans.tolerance, plan.candidateRequests, vector.canary_requests);
  });
});
