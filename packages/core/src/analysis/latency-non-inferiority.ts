import { BlockJudge, type BlockJudgeState, marginNonInferiority } from "./block-judge.ts";
import type { ArmPair } from "./guard.arrivals.ts";
import { type LatencyTolerance, ToleratedBins } from "./latency-tolerance.ts";
import { LogHistogram, type SparseCounts } from "./log-histogram.ts";

/** By how much more of the candidate's requests may be slower than each watched edge of stable's (ANALYSIS §3.2). */
export const LATENCY_MARGINS = [
  { quantile: 0.5, margin: 0.05 },
  { quantile: 0.9, margin: 0.03 },
  { quantile: 0.95, margin: 0.02 },
  { quantile: 0.99, margin: 0.01 },
] as const;

/** The edges stay where they are from so many of stable's requests on; with fewer than the second there are none yet. */
const SETTLED_SAMPLE = 1_000;
const SMALLEST_SAMPLE = 50;

export interface LatencyNonInferiorityState {
  past: SparseCounts;
  edges: BlockJudgeState[];
}

/**
 * Is the candidate no slower than stable, at the median and in the tail (ANALYSIS §3.2)? B2 on "slower than the edge" at each
 * watched quantile, with an absolute margin on the share of slow requests. Only when all of them are shown is it shown: an
 * intersection of claims needs no split of α. The edges come from stable's earlier latencies, never from the batch being judged.
 */
export class LatencyNonInferiority {
  readonly #tolerated: ToleratedBins;
  readonly #past: LogHistogram;
  readonly #judges: BlockJudge[];
  #bins: readonly number[] | null = null;

  /** `baseline`: stable's latencies from before the rollout, if known. */
  constructor(tolerance: LatencyTolerance, baseline: LogHistogram | null, state?: LatencyNonInferiorityState) {
    this.#tolerated = new ToleratedBins(tolerance);
    this.#past = state === undefined ? (baseline?.copy() ?? new LogHistogram()) : LogHistogram.fromSparse(state.past);
    this.#judges = LATENCY_MARGINS.map(
      ({ margin }, index) =>
        new BlockJudge(marginNonInferiority({ difference: margin, ratio: 1 }), state?.edges[index]),
    );
  }

  /** ln of the e-value of the quantile that is least shown: what is concluded from. */
  get logWealth(): number {
    return Math.min(...this.logWealths);
  }

  /** In the order of `LATENCY_MARGINS`. */
  get logWealths(): number[] {
    return this.#judges.map((judge) => judge.logWealth);
  }

  /** Whether every quantile was shown at some time, each beyond `bound` = ln(1/α). */
  shown(bound: number): boolean {
    return this.#judges.every((judge) => judge.maxLogWealth >= bound);
  }

  update({ candidate, stable }: ArmPair): void {
    const bins = this.#watchedBins();
    if (bins !== null) {
      for (const [index, bin] of bins.entries()) {
        this.#judges[index]?.update({
          candidateErrors: candidate.slowerThan(this.#tolerated.candidateBin(bin)),
          candidateRequests: candidate.timed,
          stableErrors: stable.slowerThan(bin),
          stableRequests: stable.timed,
        });
      }
    }
    if (this.#past.total < SETTLED_SAMPLE) this.#past.add(stable.latency.counts);
  }

  /** A fresh claim, as at the beginning of a step (ANALYSIS §6.2); what was learnt of stable stays. */
  restart(): void {
    for (const judge of this.#judges) judge.restart();
  }

  state(): LatencyNonInferiorityState {
    return { past: this.#past.toSparse(), edges: this.#judges.map((judge) => judge.state()) };
  }

  #watchedBins(): readonly number[] | null {
    if (this.#bins !== null) return this.#bins;
    if (this.#past.total < SMALLEST_SAMPLE) return null;
    // Low enough for the candidate's edge, a tolerance further up, to exist as well.
    const highest = this.#tolerated.highestStableBin;
    const bins = LATENCY_MARGINS.map(({ quantile }) =>
      Math.max(0, Math.min(this.#past.quantileBin(quantile) ?? highest, highest)),
    );
    if (this.#past.total >= SETTLED_SAMPLE) this.#bins = bins;
    return bins;
  }
}
