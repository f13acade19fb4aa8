import { SluiceError } from "../errors.ts";
import { logAddExp, logSumExp } from "./logsumexp.ts";

export interface MixtureOptions {
  /** How many experts there are, cash not counted. */
  experts: number;
  /** Part of the wealth that is kept out of every bet at the start, in (0, 1). */
  cash: number;
  /** Fixed share s0: after informative batch b, 1/(b + s0) of the wealth goes back to the prior. Null: never. */
  share: number | null;
}

/** What detection uses (ANALYSIS §1). */
export const DETECTION_MIXTURE = { cash: 0.2, share: 50 } as const;

/** What non-inferiority uses: the claim is about the whole step, so nothing is kept for a change (ANALYSIS §1, §2.4). */
export const NON_INFERIORITY_MIXTURE = { cash: 0.05, share: null } as const;

export interface MixtureState {
  /** ln of each expert's part of the wealth; cash first. */
  logFractions: number[];
  /** Informative batches so far. */
  batches: number;
  logWealth: number;
  maxLogWealth: number;
}

/**
 * An e-process made of a gambler's wealth who, before each batch, splits the money over experts (ANALYSIS §1). Under the
 * null hypothesis the wealth ever reaches 1/α with probability at most α, however often one looks (Ville's inequality).
 * The fixed share keeps a little money ready for a regression that starts late (Herbster & Warmuth 1998).
 */
export class SwitchingMixture {
  readonly #logPrior: Float64Array;
  readonly #logFractions: Float64Array;
  readonly #share: number | null;
  #batches = 0;
  #logWealth = 0;
  #maxLogWealth = 0;

  /** Throws `data_loss` when `state` is of a mixture with another number of experts. */
  constructor(options: MixtureOptions, state?: MixtureState) {
    if (state !== undefined && state.logFractions.length !== options.experts + 1) {
      const found = state.logFractions.length;
      throw new SluiceError(
        "data_loss",
        `a mixture of ${options.experts} experts cannot go on with ${found} fractions`,
      );
    }
    this.#logPrior = new Float64Array(options.experts + 1).fill(Math.log((1 - options.cash) / options.experts));
    this.#logPrior[0] = Math.log(options.cash);
    this.#logFractions = Float64Array.from(state?.logFractions ?? this.#logPrior);
    this.#share = options.share;
    if (state !== undefined) {
      this.#batches = state.batches;
      this.#logWealth = state.logWealth;
      this.#maxLogWealth = state.maxLogWealth;
    }
  }

  /** ln of the e-value now. */
  get logWealth(): number {
    return this.#logWealth;
  }

  /** Its largest value so far; `exp(−maxLogWealth)` is an anytime-valid p-value. */
  get maxLogWealth(): number {
    return this.#maxLogWealth;
  }

  /** Informative batches so far. */
  get batches(): number {
    return this.#batches;
  }

  /**
   * Bets on a batch: `logEvidence[j]` is ln of expert j's e-variable. A batch that tells nothing (all zero), or whose
   * evidence is not a number, leaves the state as it was; then the answer is false.
   */
  update(logEvidence: ArrayLike<number>): boolean {
    let informative = false;
    for (let expert = 0; expert < logEvidence.length; expert += 1) informative ||= logEvidence[expert] !== 0;
    if (!informative) return false;

    const posterior = this.#logFractions.map((fraction, index) =>
      index === 0 ? fraction : fraction + (logEvidence[index - 1] ?? 0),
    );
    const gain = logSumExp(posterior);
    if (!Number.isFinite(gain)) return false;

    this.#logWealth += gain;
    this.#maxLogWealth = Math.max(this.#maxLogWealth, this.#logWealth);
    this.#batches += 1;
    for (const [index, logFraction] of posterior.entries()) this.#logFractions[index] = logFraction - gain;
    if (this.#share !== null) this.remix(1 / (this.#batches + this.#share));
    return true;
  }

  /**
   * Gives `part` of the wealth (0 to 1) back to the prior. Free for validity, because it is decided before the next
   * batch is seen; worth doing when the weight changes, since load is a common cause of a late regression.
   */
  remix(part: number): void {
    const logKept = Math.log1p(-part);
    const logPart = Math.log(part);
    for (const [index, prior] of this.#logPrior.entries()) {
      this.#logFractions[index] = logAddExp((this.#logFractions[index] ?? prior) + logKept, prior + logPart);
    }
  }

  state(): MixtureState {
    return {
      logFractions: Array.from(this.#logFractions),
      batches: this.#batches,
      logWealth: this.#logWealth,
      maxLogWealth: this.#maxLogWealth,
    };
  }
}
