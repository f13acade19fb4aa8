import { logEBetaBinomial } from "./bernoulli-cs.ts";
import { DEFAULT_ODDS_RATIOS } from "./fisher-judge.ts";
import { MixtureJudge } from "./mixture-judge.ts";
import { DETECTION_MIXTURE, type MixtureState, SwitchingMixture } from "./switching-mixture.ts";

/** Errors of both arms while the router sent each request to the candidate with probability `share`, in (0, 1). */
export interface ErrorsAtShare {
  share: number;
  errors: number;
}

/** Which arm the errors of a batch fell on; how many requests there were need not be known. */
export interface ErrorBatch extends ErrorsAtShare {
  candidateErrors: number;
}

/**
 * ln of the e-variable B4 (ANALYSIS §2.2; Lindon & Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022):
 * given that an error happened, it is the candidate's with probability w ρ / (w ρ + 1 − w), whatever the error rate is. The null
 * is p_c ≤ ρ0 p_s; the factor grows with the candidate's errors, so it holds one-sided. Trusts the shares: only for a router that
 * draws per request with known probability.
 */
export function logEArmOfError(
  candidateErrors: number,
  levels: readonly ErrorsAtShare[],
  rateRatio: number,
  nullRatio = 1,
): number {
  return levels.reduce(
    (sum, { share, errors }) =>
      sum + errors * (Math.log1p(share * (nullRatio - 1)) - Math.log1p(share * (rateRatio - 1))),
    candidateErrors === 0 ? 0 : candidateErrors * Math.log(rateRatio / nullRatio),
  );
}

/** Probability that an error is the candidate's, at a ratio of the arms' error rates. */
export const errorShare = (share: number, rateRatio: number): number =>
  (share * rateRatio) / (share * rateRatio + 1 - share);

/**
 * The same with all ratios at once, at one constant share: a Beta(1, (1 − w)/w) mixture over the candidate's share of the
 * errors, in closed form and two-sided (ANALYSIS §2.2).
 */
export const logEArmOfErrorMixed = (candidateErrors: number, errors: number, share: number, nullRatio = 1): number =>
  logEBetaBinomial(candidateErrors, errors, errorShare(share, nullRatio), 1, (1 - share) / share);

/**
 * Regression detection where only error counters exist, or at less than a request a second (B4). 3 to 10 % faster than B1, and
 * wrong when the shares are: with a nominal 5 % that is really 8 % it rolls back 4 % of healthy candidates at α = 1 %.
 */
export class ArmOfErrorJudge extends MixtureJudge {
  readonly #nullRatio: number;

  constructor(state?: MixtureState, nullRatio = 1) {
    super(new SwitchingMixture({ ...DETECTION_MIXTURE, experts: DEFAULT_ODDS_RATIOS.length }, state));
    this.#nullRatio = nullRatio;
  }

  /** Judges a batch; false when it says nothing (no errors, a share of 0 or 1), or its counts make no sense. */
  update({ candidateErrors, errors, share }: ErrorBatch): boolean {
    const sensible = candidateErrors >= 0 && candidateErrors <= errors && Number.isFinite(errors);
    if (!sensible || errors === 0 || !(share > 0 && share < 1)) return false;
    const level = [{ share, errors }];
    const evidence = DEFAULT_ODDS_RATIOS.map((factor) =>
      logEArmOfError(candidateErrors, level, factor * this.#nullRatio, this.#nullRatio),
    );
    return this.mixture.update(evidence);
  }

  state(): MixtureState {
    return this.mixture.state();
  }
}
