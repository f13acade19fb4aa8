import type { ArmCounts } from "../analysis/guard.arrivals.ts";
import { LATENCY_BINS } from "../analysis/log-bins.ts";
import { type ArmOutcomes, OneArmedJudge } from "../analysis/one-armed-judge.ts";
import type { MixtureState } from "../analysis/switching-mixture.ts";
import type { TermsOf } from "./judge.terms.ts";

/**
 * An absolute limit on what the candidate does alone, whatever stable does (ANALYSIS §13): judged by evidence, never by
 * comparing a window with a number. For latency, "at most 1 − quantile of the answers may be slower than the limit"; a limit between two
 * edges of the histogram counts as the upper one, to the candidate's benefit.
 */
export class TrafficLimitJudge {
  readonly terms: TermsOf<"error_limit" | "latency_limit">;
  readonly #judge: OneArmedJudge;

  constructor(terms: TermsOf<"error_limit" | "latency_limit">, state?: MixtureState) {
    this.terms = terms;
    this.#judge = new OneArmedJudge(terms.kind === "error_limit" ? terms.limit : 1 - terms.quantile, state);
  }

  get logEvidence(): number {
    return this.#judge.logWealth;
  }

  /** The rate of bad outcomes that is allowed. */
  get limit(): number {
    return this.#judge.limit;
  }

  update(candidate: ArmCounts): void {
    this.#judge.update(this.outcomes(candidate));
  }

  /** What counts as bad here, of an arm's requests. */
  outcomes(arm: ArmCounts): ArmOutcomes {
    if (this.terms.kind === "error_limit") return { errors: arm.errors, requests: arm.requests };
    return { errors: arm.slowerThan(LATENCY_BINS.binOf(this.terms.limitMs)), requests: arm.timed };
  }

  remix(part: number): void {
    this.#judge.remix(part);
  }

  state(): MixtureState {
    return this.#judge.state();
  }
}
