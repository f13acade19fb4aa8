import { describe, expect, it } from "vitest";
import { logEBalanced } from "./balanced-bets.ts";
import { BlockJudge, marginDetection, marginNonInferiority } from "./block-judge.ts";
import { FisherJudge } from "./fisher-judge.ts";
import { SCORE_DETECTION, ScoreJudge, type ScoreJudgeOptions, scoreNonInferiority } from "./score-judge.ts";
import { tableOf } from "./vectors/table.testing.ts";

/** All outcomes of `batches` batches with two requests of the candidate and three of stable, with their probabilities. */
function* outcomes(
  candidate: number,
  stable: number,
  batches: number,
): Generator<{ tables: number[][]; chance: number }> {
  if (batches === 0) {
    yield { tables: [], chance: 1 };
    return;
  }
  for (const rest of outcomes(candidate, stable, batches - 1)) {
    for (let k = 0; k <= 2; k += 1) {
      for (let j = 0; j <= 3; j += 1) {
        const chance = rest.chance * choose(2, k, candidate) * choose(3, j, stable);
        yield { tables: [...rest.tables, [k, 2, j, 3]], chance };
      }
    }
  }
}

const choose = (n: 2 | 3, k: number, p: number): number =>
  ((n === 2 ? [1, 2, 1] : [1, 3, 3, 1])[k] ?? 0) * p ** k * (1 - p) ** (n - k);

/** Mean wealth of a judge after two batches, and the probability that it was ever at least 4. */
function play(candidate: number, stable: number, judge: () => { update(table: number[]): number }) {
  let [mean, crossed, total] = [0, 0, 0];
  for (const { tables, chance } of outcomes(candidate, stable, 2)) {
    const player = judge();
    const wealth = tables.map((table) => Math.exp(player.update(table)));
    mean += chance * (wealth.at(-1) ?? 0);
    if (Math.max(...wealth) >= 4) crossed += chance;
    total += chance;
  }
  expect(total).toBeCloseTo(1, 12);
  return { mean, crossed };
}

const block = (options: ConstructorParameters<typeof BlockJudge>[0]) => () => {
  const judge = new BlockJudge(options);
  return { update: (table: number[]) => wealthAfter(judge, table) };
};

function wealthAfter(judge: BlockJudge | FisherJudge, table: number[]): number {
  judge.update(tableOf(table));
  return judge.logWealth;
}

const fisher = () => {
  const judge = new FisherJudge();
  return { update: (table: number[]) => wealthAfter(judge, table) };
};

const score = (options: ScoreJudgeOptions) => () => {
  const judge = new ScoreJudge(options);
  const defects = (bad: number, all: number) => ({ values: [1, 0], counts: [bad, all - bad] });
  return {
    update: ([k = 0, n = 0, j = 0, m = 0]: number[]) => {
      judge.update(defects(k, n), defects(j, m));
      return judge.logWealth;
    },
  };
};

describe("the promise of every judge: on the null its wealth has a mean of at most 1, and is at least 4 with probability at most a quarter", () => {
  it.each([
    ["B1 at the border", 0.3, 0.3, fisher],
    ["B1 inside", 0.2, 0.5, fisher],
    ["B2 with a difference at the border", 0.4, 0.3, block(marginDetection({ difference: 0.1, ratio: 1 }))],
    ["B2 with a ratio inside", 0.3, 0.3, block(marginDetection({ difference: 0, ratio: 1.5 }))],
    ["B2 reversed at the border", 0.5, 0.3, block(marginNonInferiority({ difference: 0.2, ratio: 1 }))],
    ["B2 reversed inside", 0.9, 0.2, block(marginNonInferiority({ difference: 0.2, ratio: 1 }))],
    ["B3 at the border", 0.4, 0.4, score(SCORE_DETECTION)],
    ["B3 with a margin inside", 0.4, 0.35, score({ ...SCORE_DETECTION, margin: 0.1 })],
    ["B3 reversed at the border", 0.5, 0.3, score(scoreNonInferiority(0.2))],
    ["B3 reversed inside", 0.7, 0.2, score(scoreNonInferiority(0.2))],
  ])("%s", (_, candidate, stable, judge) => {
    const { mean, crossed } = play(candidate, stable, judge);
    expect(mean).toBeLessThanOrEqual(1 + 1e-12);
    expect(crossed).toBeLessThanOrEqual(0.25);
  });

  it.each([
    ["B1", 0.9, 0.05, fisher],
    ["B2", 0.9, 0.05, block(marginDetection({ difference: 0.1, ratio: 1 }))],
    ["B2 reversed", 0.01, 0.3, block(marginNonInferiority({ difference: 0.5, ratio: 1 }))],
    ["B3", 0.95, 0.05, score(SCORE_DETECTION)],
  ])("and %s gains when it is right", (_, candidate, stable, judge) => {
    expect(play(candidate, stable, judge).mean).toBeGreaterThan(1.05);
  });

  it("a balanced bet without one of the arms, or on a value that is none, moves nothing", () => {
    const bet = { claim: "worse", centre: 0.5, margin: 0, fraction: 0.5 } as const;
    expect(logEBalanced({ values: [1], counts: [0] }, { values: [1], counts: [3] }, bet)).toBe(0);
    const judge = new ScoreJudge();
    judge.update({ values: [1.2], counts: [1] }, { values: [0.2], counts: [1] });
    expect(judge.state()).toEqual(new ScoreJudge().state());
  });
});
