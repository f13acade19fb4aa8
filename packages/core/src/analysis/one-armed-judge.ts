import { invalidField } from "../errors.ts";
import { bernoulliCs } from "./bernoulli-cs.ts";
import { DEFAULT_ODDS_RATIOS } from "./fisher-judge.ts";
import { expit, logit, logRatio } from "./margin.ts";
import { MixtureJudge } from "./mixture-judge.ts";
import { DETECTION_MIXTURE, type MixtureState, SwitchingMixture } from "./switching-mixture.ts";

/** Part of a rollout's α that the baseline of monitoring may miss with, and part that its e-process may (ANALYSIS §13). */
export const MONITORING_PARTS = { baseline: 0.1, process: 0.1 } as const;

/** A limit of exactly 0 or 1 is watched as this far from it: with 0, a few errors in a row are enough. */
const SMALLEST_RATE = 1e-9;

/** Outcomes of one arm: so many bad ones in so many requests. */
export interface ArmOutcomes {
  errors: number;
  requests: number;
}

/**
 * The highest rate that stable can be believed to have had: the upper end of its confidence sequence (ANALYSIS §2.7), which
 * misses with probability at most `alpha`. Without requests it is 1: then nothing is ever worse than before.
 */
export const frozenRate = (stable: ArmOutcomes, alpha: number): number =>
  bernoulliCs(stable.errors, stable.requests, alpha).high;

/**
 * A candidate that stands alone, against a fixed rate of bad outcomes (ANALYSIS §13): an absolute limit, or what stable did
 * before it left (`frozenRate`). Null hypothesis: the candidate's rate is at most `limit` in every batch. Likelihood ratios of
 * Bernoulli trials; E[S] ≤ 1 at every lower rate because the ratio grows with the errors. It does not survive a drift of the
 * world: a verdict must say "compared with before, not beside".
 */
export class OneArmedJudge extends MixtureJudge {
  readonly limit: number;
  readonly #rate: number;
  readonly #alternatives: readonly number[];

  /** Throws `invalid_argument` for a limit outside [0, 1]. */
  constructor(limit: number, state?: MixtureState) {
    super(new SwitchingMixture({ ...DETECTION_MIXTURE, experts: DEFAULT_ODDS_RATIOS.length }, state));
    if (!(limit >= 0 && limit <= 1)) throw invalidField("limit", limit, "a rate from 0 to 1");
    this.limit = limit;
    this.#rate = Math.min(Math.max(limit, SMALLEST_RATE), 1 - SMALLEST_RATE);
    this.#alternatives = DEFAULT_ODDS_RATIOS.map((odds) => expit(logit(this.#rate) + Math.log(odds)));
  }

  /** Judges a batch; false when it says nothing, or its counts make no sense. A limit of 1 cannot be crossed. */
  update({ errors, requests }: ArmOutcomes): boolean {
    const sensible = Number.isFinite(requests) && requests > 0 && errors >= 0 && errors <= requests;
    if (!sensible || this.limit === 1) return false;
    return this.mixture.update(this.#alternatives.map((rate) => logRatio(errors, requests, rate, this.#rate)));
  }

  state(): MixtureState {
    return this.mixture.state();
  }
}
