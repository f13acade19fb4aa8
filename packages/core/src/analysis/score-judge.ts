import { type BetClaim, logEBalanced, type WeightedValues } from "./balanced-bets.ts";
import { MixtureJudge } from "./mixture-judge.ts";
import {
  DETECTION_MIXTURE,
  type MixtureState,
  NON_INFERIORITY_MIXTURE,
  SwitchingMixture,
} from "./switching-mixture.ts";

/** Parts of the largest safe stake that the experts bet (ANALYSIS §4.1). */
const FRACTIONS = [0.01, 0.03, 0.07, 0.15, 0.3, 0.55, 0.9];

export interface ScoreJudgeOptions {
  claim: BetClaim;
  /** The difference of means that is tolerated, ≥ 0. */
  margin: number;
  /** Where stable's mean is expected before anything was seen, and how many observations that opinion is worth. */
  priorMean: number;
  priorWeight: number;
  cash: number;
  share: number | null;
}

/** Whether quality is worse: scores are turned into defects, 1 − score. */
export const SCORE_DETECTION: ScoreJudgeOptions = {
  claim: "worse",
  margin: 0,
  priorMean: 0.2,
  priorWeight: 5,
  ...DETECTION_MIXTURE,
};

/** Whether quality is worse by more than `margin`, a difference of mean scores in [0, 0.9]. */
export const scoreDetection = (margin: number): ScoreJudgeOptions => ({ ...SCORE_DETECTION, margin });

/** Whether quality is worse by less than `margin`, above 0 and at most 0.9 (ANALYSIS §4.1). */
export const scoreNonInferiority = (margin: number): ScoreJudgeOptions => ({
  ...SCORE_DETECTION,
  claim: "not_worse",
  margin,
  ...NON_INFERIORITY_MIXTURE,
});

/** Scores in [0, 1], where more is better, as defects, where more is worse. */
export const defectsOf = (scores: readonly number[]): WeightedValues => ({
  values: scores.map((score) => 1 - score),
  counts: scores.map(() => 1),
});

export interface ScoreJudgeState {
  /** Sum and number of stable's values in the batches judged so far. */
  stableSum: number;
  stableCount: number;
  mixture: MixtureState;
}

/**
 * Sequential comparison of the means of values in [0, 1], where more is worse (B3, ANALYSIS §4.1): any allocation, any
 * drift, any distribution.
 */
export class ScoreJudge extends MixtureJudge {
  readonly #options: ScoreJudgeOptions;
  #stableSum: number;
  #stableCount: number;

  constructor(options: ScoreJudgeOptions = SCORE_DETECTION, state?: ScoreJudgeState) {
    super(new SwitchingMixture({ ...options, experts: FRACTIONS.length }, state?.mixture));
    this.#options = options;
    this.#stableSum = state?.stableSum ?? 0;
    this.#stableCount = state?.stableCount ?? 0;
  }

  /**
   * Judges a batch; the centre of the bet comes from earlier batches only. A batch with a value outside [0, 1] is dropped:
   * the bound on the mean of a bet holds for no others.
   */
  update(allOfCandidate: WeightedValues, allOfStable: WeightedValues): void {
    const [candidate, stable] = [occurring(allOfCandidate), occurring(allOfStable)];
    if (!candidate.values.every(isWithin) || !stable.values.every(isWithin)) return;
    const { claim, margin, priorMean, priorWeight } = this.#options;
    const mean = (priorMean * priorWeight + this.#stableSum) / (priorWeight + this.#stableCount);
    const centre = Math.min(Math.max(mean, 0.01), 0.99 - margin);
    const bets = FRACTIONS.map((fraction) => logEBalanced(candidate, stable, { claim, centre, margin, fraction }));
    if (!bets.every(Number.isFinite)) return;
    this.mixture.update(bets);
    for (let index = 0; index < stable.values.length; index += 1) {
      const count = stable.counts[index] ?? 0;
      this.#stableSum += count * (stable.values[index] ?? 0);
      this.#stableCount += count;
    }
  }

  /** A fresh claim, as at the beginning of a step (ANALYSIS §6.2): the wealth is 1 again, what was learnt of stable stays. */
  restart(): void {
    this.mixture = new SwitchingMixture({ ...this.#options, experts: FRACTIONS.length });
  }

  state(): ScoreJudgeState {
    return { stableSum: this.#stableSum, stableCount: this.#stableCount, mixture: this.mixture.state() };
  }
}

/** The values that occur at all; every expert looks at each, and most bins of a histogram are empty. */
function occurring({ values, counts }: WeightedValues): { values: number[]; counts: number[] } {
  const found = { values: [] as number[], counts: [] as number[] };
  for (let index = 0; index < values.length; index += 1) {
    const count = counts[index] ?? 0;
    if (count === 0) continue;
    found.values.push(values[index] ?? Number.NaN);
    found.counts.push(count);
  }
  return found;
}

const isWithin = (value: number): boolean => value >= 0 && value <= 1;
