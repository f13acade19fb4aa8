import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockJudge, marginDetection, marginNonInferiority } from "./block-judge.ts";
import { logChoose } from "./log-gamma.ts";
import { logEBlock, type Margin, projectOnMargin } from "./margin.ts";
import block from "./vectors/log_e_block.json" with { type: "json" };
import detection from "./vectors/margin_judge.json" with { type: "json" };
import nonInferiority from "./vectors/noninferiority_judge.json" with { type: "json" };
import { tableOf } from "./vectors/table.testing.ts";
import { expectWithin } from "./vectors/within.testing.ts";

const marginOf = ({ delta, ratio }: { delta: number; ratio: number }): Margin => ({ difference: delta, ratio });

describe("logEBlock", () => {
  it.each(block.cases)("matches the reference for $k_c/$n_c against $k_s/$n_s, margin $ratio p + $delta", (vector) => {
    const rates = { candidate: vector.q_c, stable: vector.q_s };
    const border = projectOnMargin(rates, { candidate: vector.n_c, stable: vector.n_s }, marginOf(vector));
    expectWithin(block.tolerance, border.candidate, vector.p_c0);
    expectWithin(block.tolerance, border.stable, vector.p_s0);
    const table = tableOf([vector.k_c, vector.n_c, vector.k_s, vector.n_s]);
    expectWithin(block.tolerance, logEBlock(table, rates, marginOf(vector)), vector.out);
  });

  it.each([
    ["worse", { candidate: 0.4, stable: 0.1 }, { difference: 0.1, ratio: 1 }, { candidate: 0.3, stable: 0.2 }],
    ["worse", { candidate: 0.4, stable: 0.1 }, { difference: 0.1, ratio: 1.2 }, { candidate: 0.1, stable: 0.4 }],
    ["no worse", { candidate: 0.2, stable: 0.2 }, { difference: 0.3, ratio: 1 }, { candidate: 0.6, stable: 0.3 }],
    ["no worse", { candidate: 0.2, stable: 0.2 }, { difference: 0, ratio: 2 }, { candidate: 0.8, stable: 0.3 }],
  ])("bets on %s with a mean of at most 1 on the null, by enumeration", (_, alternative, margin, truth) => {
    const [candidates, stables] = [4, 7];
    let mean = 0;
    for (let k = 0; k <= candidates; k += 1) {
      for (let j = 0; j <= stables; j += 1) {
        const logProbability = binomial(k, candidates, truth.candidate) + binomial(j, stables, truth.stable);
        mean += Math.exp(logProbability + logEBlock(tableOf([k, candidates, j, stables]), alternative, margin));
      }
    }
    expect(mean).toBeLessThanOrEqual(1 + 1e-12);
    expect(mean).toBeGreaterThan(0.1);
  });

  it("stays a number for any counts and any rates", () => {
    const rate = fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true });
    const size = fc.integer({ min: 0, max: 500 });
    const margins = fc.record({
      difference: fc.double({ min: 0, max: 0.99, noNaN: true }),
      ratio: fc.double({ min: 0.01, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(size, size, size, size, rate, rate, margins, (k, n, j, m, candidate, stable, margin) => {
        const table = tableOf([Math.min(k, n), n, Math.min(j, m), m]);
        expect(logEBlock(table, { candidate, stable }, margin)).not.toBeNaN();
      }),
    );
  });
});

describe("BlockJudge", () => {
  it.each(detection.cases.map((vector, index) => ({ index, ...vector })))(
    "notices what is worse than a margin as reference run $index does (margin $ratio p + $delta)",
    (vector) => {
      const judge = new BlockJudge({
        ...marginDetection(marginOf(vector)),
        prior: { errors: vector.a0, requests: vector.n0 },
        experts: vector.omegas,
        cash: vector.cash,
        share: vector.share,
      });
      expectRun(detection.tolerance, judge, vector.batches, vector.log_wealth);
    },
  );

  it.each(nonInferiority.cases.map((vector, index) => ({ index, ...vector })))(
    "shows what is no worse than a margin as reference run $index does (margin $ratio p + $delta)",
    (vector) => {
      const judge = new BlockJudge({
        ...marginNonInferiority(marginOf(vector)),
        prior: { errors: vector.a0, requests: vector.n0 },
        experts: vector.fractions,
        cash: vector.cash,
        share: vector.share,
      });
      expectRun(nonInferiority.tolerance, judge, vector.batches, vector.log_wealth);
    },
  );

  it("goes on from its state exactly as if it had not been interrupted", () => {
    const options = marginDetection({ difference: 0.01, ratio: 1.5 });
    const [whole, first] = [new BlockJudge(options), new BlockJudge(options)];
    const batches = detection.cases.flatMap((vector) => vector.batches).map(tableOf);
    for (const batch of batches) whole.update(batch);
    for (const batch of batches.slice(0, 20)) first.update(batch);
    const second = new BlockJudge(options, JSON.parse(JSON.stringify(first.state())));
    for (const batch of batches.slice(20)) second.update(batch);
    expect(second.state()).toEqual(whole.state());
  });

  it("begins a new claim with the wealth of 1 and what it knows of stable", () => {
    const judge = new BlockJudge(marginNonInferiority({ difference: 0.02, ratio: 1 }));
    judge.update(tableOf([0, 50, 1, 450]));
    expect(judge.logWealth).toBeGreaterThan(0);
    judge.restart();
    expect(judge.state()).toMatchObject({
      stableErrors: 1,
      stableRequests: 450,
      mixture: { logWealth: 0, batches: 0 },
    });
  });

  it("drops a batch whose counts make no sense", () => {
    const judge = new BlockJudge(marginDetection({ difference: 0.01, ratio: 1 }));
    const before = judge.state();
    for (const batch of [
      [Number.NaN, 5, 0, 45],
      [6, 5, 0, 45],
      [0, 5, -1, 45],
      [0, Number.POSITIVE_INFINITY, 0, 45],
    ]) {
      expect(judge.update(tableOf(batch))).toBe(false);
    }
    expect(judge.state()).toEqual(before);
  });

  it("refuses a margin that nothing can meet, and non-inferiority by nothing", () => {
    expect(() => new BlockJudge(marginDetection({ difference: 1, ratio: 1 }))).toThrow("margin.difference is 1");
    expect(() => new BlockJudge(marginDetection({ difference: 0, ratio: 0 }))).toThrow("margin.ratio is 0");
    expect(() => new BlockJudge(marginNonInferiority({ difference: 0, ratio: 1 }))).toThrow("a difference above 0");
  });
});

function expectRun(tolerance: number, judge: BlockJudge, batches: number[][], wanted: number[]): void {
  for (const [index, batch] of batches.entries()) {
    judge.update(tableOf(batch));
    expectWithin(tolerance, judge.logWealth, wanted[index] ?? Number.NaN);
  }
}

const binomial = (k: number, n: number, p: number): number =>
  logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p);
