import { describe, expect, it } from "vitest";
import type { WeightedValues } from "./balanced-bets.ts";
import { LatencyEdgeJudge } from "./edge-judge.ts";
import type { OutcomeTable } from "./fisher.ts";
import { FisherJudge } from "./fisher-judge.ts";
import { LatencyRankJudge } from "./latency-rank-judge.ts";
import { LogBins } from "./log-bins.ts";
import { ScoreJudge } from "./score-judge.ts";
import { DETECTION_MIXTURE, SwitchingMixture } from "./switching-mixture.ts";
import fisher from "./vectors/fisher_judge.json" with { type: "json" };
import edges from "./vectors/latency_edge_judge.json" with { type: "json" };
import ranks from "./vectors/latency_rank_judge.json" with { type: "json" };
import scores from "./vectors/score_judge.json" with { type: "json" };
import { expectWithin } from "./vectors/within.testing.ts";

const table = ([k_c = 0, n_c = 0, k_s = 0, n_s = 0]: number[]): OutcomeTable => ({
  candidateErrors: k_c,
  candidateRequests: n_c,
  stableErrors: k_s,
  stableRequests: n_s,
});

const expectSeries = (tolerance: number, found: number[], wanted: number[]): void => {
  expect(found).toHaveLength(wanted.length);
  for (const [index, value] of wanted.entries()) expectWithin(tolerance, found[index] ?? Number.NaN, value);
};

describe("FisherJudge", () => {
  it.each(fisher.cases.map((vector, index) => ({ index, ...vector })))(
    "follows reference run $index (cash $cash, share $share)",
    ({ omegas, omega0, cash, share, batches, log_wealth, p_value, informative }) => {
      const judge = new FisherJudge(undefined, { oddsRatios: omegas, nullOddsRatio: omega0, cash, share });
      const wealth = batches.map((batch) => {
        judge.update(table(batch));
        return judge.logWealth;
      });
      expectSeries(fisher.tolerance, wealth, log_wealth);
      expectWithin(fisher.tolerance, Math.exp(-judge.maxLogWealth), p_value);
      expect(judge.batches).toBe(informative);
    },
  );

  it("is unmoved by a batch without errors, with nothing but errors, or with one arm only", () => {
    const judge = new FisherJudge();
    for (const batch of [
      [0, 5, 0, 45],
      [5, 5, 45, 45],
      [0, 0, 3, 50],
      [3, 50, 0, 0],
    ]) {
      expect(judge.update(table(batch))).toBe(false);
    }
    expect(judge.state()).toEqual(new FisherJudge().state());
  });

  it("goes on from its state exactly as if it had not been interrupted", () => {
    const [whole, first] = [new FisherJudge(), new FisherJudge()];
    const batches = fisher.cases.flatMap((vector) => vector.batches).map(table);
    for (const batch of batches) whole.update(batch);
    for (const batch of batches.slice(0, 20)) first.update(batch);
    const second = new FisherJudge(JSON.parse(JSON.stringify(first.state())));
    for (const batch of batches.slice(20)) second.update(batch);
    expect(second.state()).toEqual(whole.state());
  });
});

describe("SwitchingMixture", () => {
  it("drops evidence that is not a number and keeps its state", () => {
    const mixture = new SwitchingMixture({ experts: 2, ...DETECTION_MIXTURE });
    mixture.update([1, 2]);
    const before = mixture.state();
    expect(mixture.update([Number.NaN, 1])).toBe(false);
    expect(mixture.update([Number.POSITIVE_INFINITY, 1])).toBe(false);
    expect(mixture.state()).toEqual(before);
  });

  it("moves money between experts when remixing, and neither makes nor loses any", () => {
    const mixture = new SwitchingMixture({ experts: 2, ...DETECTION_MIXTURE });
    mixture.update([3, -3]);
    const before = mixture.state();
    mixture.remix(0.1);
    const after = mixture.state();
    expect(after.logWealth).toBe(before.logWealth);
    expect(after.logFractions).not.toEqual(before.logFractions);
    expectWithin(
      1e-14,
      after.logFractions.reduce((sum, fraction) => sum + Math.exp(fraction), 0),
      1,
    );
  });

  it("refuses the state of a mixture with other experts", () => {
    const state = new SwitchingMixture({ experts: 2, ...DETECTION_MIXTURE }).state();
    expect(() => new SwitchingMixture({ experts: 3, ...DETECTION_MIXTURE }, state)).toThrow("3 experts");
  });
});

describe("LatencyEdgeJudge", () => {
  it.each(edges.cases.map((vector, index) => ({ index, ...vector })))("follows reference run $index", (vector) => {
    const judge = new LatencyEdgeJudge();
    const evidence = vector.batches.map(({ canary, stable }) => {
      judge.update(
        vector.edges_stable.map((edge, index) => ({
          candidateErrors: canary.filter((latency) => latency > (vector.edges_canary[index] ?? 0)).length,
          candidateRequests: canary.length,
          stableErrors: stable.filter((latency) => latency > edge).length,
          stableRequests: stable.length,
        })),
      );
      return judge.logEvidence;
    });
    expectSeries(edges.tolerance, evidence, vector.log_e);
  });
});

describe("LatencyRankJudge", () => {
  it.each(ranks.cases.map((vector, index) => ({ index, ...vector })))(
    "follows reference run $index on counts per bin (tolerance $tau)",
    ({ x0, g, n, cum, total, tau, batches, log_wealth }) => {
      const bins = new LogBins(x0, g, n);
      const reference = [...cum, total].map((count, bin) => count - (cum[bin - 1] ?? 0));
      const judge = new LatencyRankJudge(reference);
      const counts = (latencies: number[]) => {
        const result = new Float64Array(bins.count);
        for (const latency of latencies) result[bins.binOf(latency)] = (result[bins.binOf(latency)] ?? 0) + 1;
        return { bins: result, failures: 0 };
      };
      const wealth = batches.map(({ canary, stable }) => {
        judge.update(counts(canary.map((latency) => latency / (1 + tau))), counts(stable));
        return judge.logWealth;
      });
      expectSeries(ranks.tolerance, wealth, log_wealth);
    },
  );

  it("shifts the candidate by whole bins for a tolerance, and failures not at all", () => {
    const reference = [10, 10, 10, 10];
    const tolerant = new LatencyRankJudge(reference, (bin) => Math.max(0, bin - 1));
    const strict = new LatencyRankJudge(reference);
    tolerant.update({ bins: [0, 0, 4, 0], failures: 2 }, { bins: [1, 1, 1, 1], failures: 0 });
    strict.update({ bins: [0, 4, 0, 0], failures: 2 }, { bins: [1, 1, 1, 1], failures: 0 });
    expect(tolerant.logWealth).toBe(strict.logWealth);
    expect(tolerant.logWealth).not.toBe(0);
  });
});

describe("ScoreJudge", () => {
  const defects = (values: number[]): WeightedValues => ({
    values: values.map((score) => 1 - score),
    counts: values.map(() => 1),
  });

  it.each(scores.cases.map((vector, index) => ({ index, ...vector })))("follows reference run $index", (vector) => {
    const judge = new ScoreJudge({
      claim: vector.noninferiority ? "not_worse" : "worse",
      margin: vector.delta,
      priorMean: vector.mean0,
      priorWeight: vector.n0,
      cash: vector.cash,
      share: vector.share,
    });
    const wealth = vector.batches.map(({ canary, stable }) => {
      judge.update(defects(canary), defects(stable));
      return judge.logWealth;
    });
    expectSeries(scores.tolerance, wealth, vector.log_wealth);
  });

  it("drops a batch with a score that is not a number", () => {
    const judge = new ScoreJudge();
    judge.update(defects([Number.NaN, 0.2]), defects([0.9, 0.8]));
    expect(judge.state()).toEqual(new ScoreJudge().state());
  });
});
