import { describe, expect, it } from "vitest";
import { frozenRate, OneArmedJudge } from "./one-armed-judge.ts";
import { seeded } from "./traffic.testing.ts";

/** Batches of ten until the evidence reaches ln(1/α), or none are left; how many it took. */
function batchesUntil(judge: OneArmedJudge, alpha: number, rate: number, most: number, random: () => number): number {
  for (let batch = 1; batch <= most; batch += 1) {
    let errors = 0;
    for (let request = 0; request < 10; request += 1) if (random() < rate) errors += 1;
    judge.update({ errors, requests: 10 });
    if (judge.logWealth >= Math.log(1 / alpha)) return batch;
  }
  return Number.POSITIVE_INFINITY;
}

describe("OneArmedJudge", () => {
  it.each([0.05, 0.2])(
    "has a mean of at most 1 below the limit, by enumeration of two requests in two batches",
    (rate) => {
      let mean = 0;
      for (let first = 0; first <= 2; first += 1) {
        for (let second = 0; second <= 2; second += 1) {
          const judge = new OneArmedJudge(0.2);
          judge.update({ errors: first, requests: 2 });
          judge.update({ errors: second, requests: 2 });
          mean += binomial2(first, rate) * binomial2(second, rate) * Math.exp(judge.logWealth);
        }
      }
      expect(mean).toBeLessThanOrEqual(1 + 1e-12);
      if (rate === 0.2) expect(mean).toBeCloseTo(1, 12);
    },
  );

  it("crosses its bound with a rate at the limit in no more than α of the runs, and beyond it soon", () => {
    const random = seeded(7);
    const alpha = 0.05;
    let crossed = 0;
    for (let run = 0; run < 400; run += 1) {
      if (batchesUntil(new OneArmedJudge(0.02), alpha, 0.02, 200, random) < Number.POSITIVE_INFINITY) crossed += 1;
    }
    expect(crossed / 400).toBeLessThanOrEqual(alpha);
    expect(batchesUntil(new OneArmedJudge(0.02), 0.001, 0.5, 200, random)).toBeLessThan(5);
  });

  it("takes a limit of nothing at its word, and one of everything too", () => {
    const nothing = new OneArmedJudge(0);
    nothing.update({ errors: 1, requests: 1 });
    expect(nothing.logWealth).toBeGreaterThan(Math.log(1_000));
    const everything = new OneArmedJudge(1);
    expect(everything.update({ errors: 100, requests: 100 })).toBe(false);
    expect(everything.logWealth).toBe(0);
  });

  it("drops counts that make no sense and goes on from its state", () => {
    const judge = new OneArmedJudge(0.1);
    judge.update({ errors: 3, requests: 10 });
    const before = judge.state();
    for (const outcomes of [
      { errors: Number.NaN, requests: 10 },
      { errors: 11, requests: 10 },
      { errors: 0, requests: 0 },
    ]) {
      expect(judge.update(outcomes)).toBe(false);
    }
    expect(judge.state()).toEqual(before);
    const restored = new OneArmedJudge(0.1, JSON.parse(JSON.stringify(before)));
    restored.update({ errors: 5, requests: 10 });
    judge.update({ errors: 5, requests: 10 });
    expect(restored.state()).toEqual(judge.state());
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses a limit of %d", (limit) => {
    expect(() => new OneArmedJudge(limit)).toThrow("a rate from 0 to 1");
  });
});

describe("frozenRate", () => {
  it("is above what was seen, nearer with more of it, and 1 with nothing seen", () => {
    expect(frozenRate({ errors: 0, requests: 0 }, 0.001)).toBe(1);
    const few = frozenRate({ errors: 5, requests: 1_000 }, 0.001);
    const many = frozenRate({ errors: 500, requests: 100_000 }, 0.001);
    expect(few).toBeGreaterThan(many);
    expect(many).toBeGreaterThan(0.005);
    expect(many).toBeLessThan(0.0066);
  });
});

const binomial2 = (k: number, p: number): number => (k === 1 ? 2 : 1) * p ** k * (1 - p) ** (2 - k);
