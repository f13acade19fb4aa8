import { type BetClaim, logEBalanced, type WeightedValues } from "./balanced-bets.ts";
import { DETECTION_MIXTURE, type MixtureState, SwitchingMixture } from "./switching-mixture.ts";

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
export class ScoreJudge {
  readonly #options: ScoreJudgeOptions;
  readonly #mixture: SwitchingMixture;
  #stableSum: number;
  #stableCount: number;

  constructor(options: ScoreJudgeOptions = SCORE_DETECTION, state?: ScoreJudgeState) {
    this.#options = options;
    this.#mixture = new SwitchingMixture({ ...options, experts: FRACTIONS.length }, state?.mixture);
    this.#stableSum = state?.stableSum ?? 0;
    this.#stableCount = state?.stableCount ?? 0;
  }

  get logWealth(): number {
    return this.#mixture.logWealth;
  }

  /** Judges a batch; the centre of the bet comes from earlier batches only. */
  update(candidate: WeightedValues, stable: WeightedValues): void {
    const { claim, margin, priorMean, priorWeight } = this.#options;
    const mean = (priorMean * priorWeight + this.#stableSum) / (priorWeight + this.#stableCount);
    const centre = Math.min(Math.max(mean, 0.01), 0.99 - margin);
    const bets = FRACTIONS.map((fraction) => logEBalanced(candidate, stable, { claim, centre, margin, fraction }));
    if (!bets.every(Number.isFinite)) return;
    this.#mixture.update(bets);
    for (let index = 0; index < stable.values.length; index += 1) {
      const count = stable.counts[index] ?? 0;
      this.#stableSum += count * (stable.values[index] ?? 0);
      this.#stableCount += count;
    }
  }

  remix(part: number): void {
    this.#mixture.remix(part);
  }

  state(): ScoreJudgeState {
    return { stableSum: this.#stableSum, stableCount: this.#stableCount, mixture: this.#mixture.state() };
  }
}
