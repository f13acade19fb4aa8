import { invalidField } from "../errors.ts";
import type { BetClaim } from "./balanced-bets.ts";
import type { OutcomeTable } from "./fisher.ts";
import { DEFAULT_ODDS_RATIOS } from "./fisher-judge.ts";
import { checkMargin, expit, logEBlock, logit, type Margin, type Rates, toleratedRate } from "./margin.ts";
import { MixtureJudge } from "./mixture-judge.ts";
import {
  DETECTION_MIXTURE,
  type MixtureState,
  NON_INFERIORITY_MIXTURE,
  SwitchingMixture,
} from "./switching-mixture.ts";

/** How far from stable's rate towards the border the experts expect a candidate that is no worse (ANALYSIS §2.4). */
export const DEFAULT_APPROACHES: readonly number[] = [0, 0.3, 0.6];

export interface BlockJudgeOptions {
  /** `worse`: that the candidate is worse by more than the margin. `not_worse`: that it is worse by less. */
  claim: BetClaim;
  margin: Margin;
  /** Where stable's rate is expected before anything was seen: so many bad outcomes in so many requests. */
  prior: { errors: number; requests: number };
  /** `worse`: odds ratios beyond the border. `not_worse`: parts of the way to it. */
  experts: readonly number[];
  cash: number;
  share: number | null;
}

const PRIOR = { errors: 0.5, requests: 50 };

/** Worse by more than a margin: what a tolerated regression must not trigger, however long it is watched (ANALYSIS §2.5). */
export const marginDetection = (margin: Margin): BlockJudgeOptions => ({
  claim: "worse",
  margin,
  prior: PRIOR,
  experts: DEFAULT_ODDS_RATIOS,
  ...DETECTION_MIXTURE,
});

/** No worse than the margin: what lets a rollout go on early (ANALYSIS §2.4). Conclude at ln(1/α), by default α = 0.05. */
export const marginNonInferiority = (margin: Margin): BlockJudgeOptions => ({
  claim: "not_worse",
  margin,
  prior: PRIOR,
  experts: DEFAULT_APPROACHES,
  ...NON_INFERIORITY_MIXTURE,
});

export interface BlockJudgeState {
  /** Stable's outcomes in the batches judged so far. */
  stableErrors: number;
  stableRequests: number;
  mixture: MixtureState;
}

/**
 * The error rate against a margin (B2, ANALYSIS §2.3 and §2.4). With an absolute margin every answered request of the
 * candidate is evidence of non-inferiority, so it is shown without a single error; a pure ratio needs tens of errors.
 */
export class BlockJudge extends MixtureJudge {
  readonly #options: BlockJudgeOptions;
  readonly #logOddsRatios: readonly number[];
  #stableErrors: number;
  #stableRequests: number;

  /** Throws `invalid_argument` for a margin out of range, and for a non-inferiority margin of nothing. */
  constructor(options: BlockJudgeOptions, state?: BlockJudgeState) {
    super(new SwitchingMixture({ ...options, experts: options.experts.length }, state?.mixture));
    checkMargin(options.margin);
    if (options.claim === "not_worse" && options.margin.difference === 0 && options.margin.ratio <= 1)
      throw invalidField(
        "margin",
        options.margin,
        "a difference above 0 or a ratio above 1: nothing is ever shown else",
      );
    this.#options = options;
    this.#logOddsRatios = options.experts.map(Math.log);
    this.#stableErrors = state?.stableErrors ?? 0;
    this.#stableRequests = state?.stableRequests ?? 0;
  }

  /**
   * Judges a batch; false when it says nothing: an arm is missing, or its counts make no sense. What is bet comes from
   * earlier batches of stable only.
   */
  update(table: OutcomeTable): boolean {
    if (!makesSense(table)) return false;
    const moved = this.mixture.update(this.#alternatives().map((rates) => this.#evidence(table, rates)));
    this.#stableErrors += table.stableErrors;
    this.#stableRequests += table.stableRequests;
    return moved;
  }

  /** A fresh claim, as at the beginning of a step (ANALYSIS §6.2): the wealth is 1 again, what was learnt of stable stays. */
  restart(): void {
    this.mixture = new SwitchingMixture({ ...this.#options, experts: this.#options.experts.length });
  }

  state(): BlockJudgeState {
    return {
      stableErrors: this.#stableErrors,
      stableRequests: this.#stableRequests,
      mixture: this.mixture.state(),
    };
  }

  #alternatives(): Rates[] {
    const { claim, margin, prior, experts } = this.#options;
    const rate = (prior.errors + this.#stableErrors) / (prior.requests + this.#stableRequests);
    const stable = Math.min(Math.max(rate, 1e-6), 1 - 1e-6);
    const border = toleratedRate(margin, stable);
    if (claim === "not_worse") return experts.map((part) => ({ candidate: stable + part * (border - stable), stable }));
    return this.#logOddsRatios.map((logOdds) => {
      const candidate = expit(logit(Math.min(border, 1)) + logOdds);
      return { candidate: Math.min(Math.max(candidate, 1e-9), 1 - 1e-9), stable };
    });
  }

  /** An alternative on the wrong side of the border (clamping may put it there) bets nothing. */
  #evidence(table: OutcomeTable, rates: Rates): number {
    const { claim, margin } = this.#options;
    const border = toleratedRate(margin, rates.stable);
    const beyond = claim === "worse" ? rates.candidate > border : rates.candidate < border;
    return beyond ? logEBlock(table, rates, margin) : 0;
  }
}

function makesSense({ candidateErrors, candidateRequests, stableErrors, stableRequests }: OutcomeTable): boolean {
  return inRange(candidateErrors, candidateRequests) && inRange(stableErrors, stableRequests);
}

const inRange = (errors: number, requests: number): boolean =>
  Number.isFinite(requests) && errors >= 0 && errors <= requests;
