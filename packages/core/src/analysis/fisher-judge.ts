import { logPartition, type OutcomeTable, saysNothing } from "./fisher.ts";
import { MixtureJudge } from "./mixture-judge.ts";
import { DETECTION_MIXTURE, type MixtureState, SwitchingMixture } from "./switching-mixture.ts";

/** The regressions that are bet on, as odds ratios: from barely worse to failing every request (ANALYSIS §2.1). */
export const DEFAULT_ODDS_RATIOS: readonly number[] = [1.3, 1.8, 2.5, 4, 8, 20, 100, 1_000, 100_000];

export interface FisherJudgeOptions {
  /** Multiples of `nullOddsRatio`. */
  oddsRatios: readonly number[];
  nullOddsRatio: number;
  cash: number;
  share: number | null;
}

const DETECTION: FisherJudgeOptions = { oddsRatios: DEFAULT_ODDS_RATIOS, nullOddsRatio: 1, ...DETECTION_MIXTURE };

/**
 * The primary regression detector for any outcome that is 0 or 1 (B1, ANALYSIS §2.1). Null hypothesis: the candidate's
 * odds of a bad outcome are at most `nullOddsRatio` times stable's. Exact for any number of requests and any rarity of
 * errors; the split may change at any time and need not be known.
 */
export class FisherJudge extends MixtureJudge {
  readonly #oddsRatios: readonly number[];
  readonly #nullOddsRatio: number;
  readonly #evidence: Float64Array;

  constructor(state?: MixtureState, options: FisherJudgeOptions = DETECTION) {
    super(new SwitchingMixture({ ...options, experts: options.oddsRatios.length }, state));
    this.#nullOddsRatio = options.nullOddsRatio;
    this.#oddsRatios = options.oddsRatios.map((factor) => factor * options.nullOddsRatio);
    this.#evidence = new Float64Array(options.oddsRatios.length);
  }

  /** Judges a batch; false when it says nothing. Counts must be whole, and errors at most the requests. */
  update(table: OutcomeTable): boolean {
    if (saysNothing(table)) return false;
    const { candidateErrors, candidateRequests, stableErrors, stableRequests } = table;
    const errors = candidateErrors + stableErrors;
    const logNull = logPartition(candidateRequests, stableRequests, errors, this.#nullOddsRatio);
    for (const [expert, oddsRatio] of this.#oddsRatios.entries()) {
      const logLikelihoodRatio = candidateErrors * Math.log(oddsRatio / this.#nullOddsRatio);
      this.#evidence[expert] =
        logLikelihoodRatio - logPartition(candidateRequests, stableRequests, errors, oddsRatio) + logNull;
    }
    return this.mixture.update(this.#evidence);
  }

  state(): MixtureState {
    return this.mixture.state();
  }
}
