import { LATENCY_BINS } from "./log-bins.ts";

/**
 * How much slower a candidate may be before it counts as slower at all: a latency L of stable may become
 * `(1 + relative) L + absoluteMs`.
 */
export interface LatencyTolerance {
  /** A fraction ≥ 0, rounded to whole bins. */
  relative: number;
  /** Milliseconds ≥ 0. Keeps what nobody notices from counting: at 1 ms, a colder cache is "50 % slower". */
  absoluteMs: number;
}

/**
 * The tolerance as a map between the bins of the two arms. It is monotone, so the comparison of "candidate above
 * `candidateBin(b)`" with "stable above `b`" keeps the promise of ANALYSIS §3.2 for the null hypothesis that the
 * candidate's latency is stochastically no larger than the tolerated one; where an edge falls inside a bin, the candidate
 * gets the benefit.
 */
export class ToleratedBins {
  readonly #candidateBins: readonly number[];

  constructor({ relative, absoluteMs }: LatencyTolerance) {
    const shift = LATENCY_BINS.shiftOf(relative);
    this.#candidateBins = Array.from({ length: LATENCY_BINS.count }, (_, bin) => {
      if (absoluteMs === 0) return bin + shift;
      return LATENCY_BINS.binOf(LATENCY_BINS.edge(bin) * LATENCY_BINS.ratio ** shift + absoluteMs);
    });
  }

  /** The candidate's bin whose upper edge answers to that of stable's bin. */
  candidateBin(stableBin: number): number {
    return this.#candidateBins[stableBin] ?? LATENCY_BINS.overflow;
  }

  /** The lowest bin of stable that is tolerated as far as the candidate's. */
  stableBin(candidateBin: number): number {
    const found = this.#candidateBins.findIndex((tolerated) => tolerated >= candidateBin);
    return found === -1 ? LATENCY_BINS.overflow : found;
  }

  /** The highest bin of stable whose edge has an answer below the candidate's last bin. */
  get highestStableBin(): number {
    return Math.max(
      0,
      this.#candidateBins.findLastIndex((tolerated) => tolerated < LATENCY_BINS.overflow),
    );
  }
}
