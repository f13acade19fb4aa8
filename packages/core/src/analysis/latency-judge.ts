import { LatencyEdgeJudge, WATCHED_QUANTILES } from "./edge-judge.ts";
import type { ArmCounts, ArmPair } from "./guard.arrivals.ts";
import { LatencyRankJudge } from "./latency-rank-judge.ts";
import { type LatencyTolerance, ToleratedBins } from "./latency-tolerance.ts";
import { LogHistogram, type SparseCounts } from "./log-histogram.ts";
import { logSumExp } from "./logsumexp.ts";
import type { ScoreJudgeState } from "./score-judge.ts";
import type { MixtureState } from "./switching-mixture.ts";

/** From this many of stable's requests on, the watched edges stay where they are (ANALYSIS §3.2). */
const SETTLED_SAMPLE = 1_000;

/** With fewer of stable's requests there is no telling what slow means; batches until then only teach. */
const SMALLEST_SAMPLE = 50;

export interface LatencyJudgeState {
  /** Stable's latencies before the next batch, until they settle. */
  past: SparseCounts;
  edges: MixtureState[];
  rank: { reference: SparseCounts; judge: ScoreJudgeState } | null;
}

/** What is fine, and what is watched: the whole distribution, or one quantile alone (in (0, 1)). */
export interface LatencyWatch extends LatencyTolerance {
  quantile?: number | undefined;
}

/** Where most of the evidence lies: an edge (bins for either arm, they differ by the tolerance), or the ranks. */
export type LatencyFinding = { by: "edge"; stableBin: number; candidateBin: number } | { by: "rank" };

/**
 * Is the candidate slower than stable, at the median or in the tail (ANALYSIS §3.2)? Null hypothesis: its latency is
 * stochastically no larger than stable's with the tolerance added. Four watched edges and one bet on ranks, averaged;
 * or, when one quantile is all that matters, the edge at that quantile alone.
 *
 * What is watched comes from stable alone: from its latencies before the rollout when there are enough, else from
 * earlier batches. Never from the batch being judged, or the evidence would not be valid.
 */
export class LatencyJudge {
  readonly #tolerated: ToleratedBins;
  readonly #quantiles: readonly number[];
  readonly #ranked: boolean;
  readonly #past: LogHistogram;
  readonly #edges: LatencyEdgeJudge;
  #rank: { reference: LogHistogram; judge: LatencyRankJudge } | null = null;
  #stableBins: readonly number[] | null = null;

  /** `baseline`: stable's latencies from before the rollout, if known. */
  constructor(watch: LatencyWatch, baseline: LogHistogram | null, state?: LatencyJudgeState) {
    this.#tolerated = new ToleratedBins(watch);
    this.#quantiles = watch.quantile === undefined ? WATCHED_QUANTILES : [watch.quantile];
    this.#ranked = watch.quantile === undefined;
    this.#past = state === undefined ? (baseline?.copy() ?? new LogHistogram()) : LogHistogram.fromSparse(state.past);
    this.#edges = new LatencyEdgeJudge(state?.edges, this.#quantiles.length);
    if (state?.rank) {
      const reference = LogHistogram.fromSparse(state.rank.reference);
      this.#rank = { reference, judge: this.#rankJudge(reference, state.rank.judge) };
    }
  }

  /** ln of the average e-value over the edges and the ranks. */
  get logEvidence(): number {
    const parts = this.#ranked ? [...this.#edges.logWealths, this.#rank?.judge.logWealth ?? 0] : this.#edges.logWealths;
    return logSumExp(parts) - Math.log(parts.length);
  }

  get finding(): LatencyFinding {
    const wealths = this.#edges.logWealths;
    const strongest = wealths.indexOf(Math.max(...wealths));
    const stableBin = this.#watchedBins()?.[strongest];
    if (stableBin === undefined || (this.#ranked && (this.#rank?.judge.logWealth ?? 0) > (wealths[strongest] ?? 0)))
      return { by: "rank" };
    return { by: "edge", stableBin, candidateBin: this.#tolerated.candidateBin(stableBin) };
  }

  update({ candidate, stable }: ArmPair): void {
    const bins = this.#watchedBins();
    if (bins !== null) {
      this.#edges.update(
        bins.map((bin) => ({
          candidateErrors: candidate.slowerThan(this.#tolerated.candidateBin(bin)),
          candidateRequests: candidate.timed,
          stableErrors: stable.slowerThan(bin),
          stableRequests: stable.timed,
        })),
      );
      if (this.#ranked) this.#ranks().update(latencies(candidate), latencies(stable));
    }
    if (this.#past.total < SETTLED_SAMPLE) this.#past.add(stable.latency.counts);
  }

  remix(part: number): void {
    this.#edges.remix(part);
    this.#rank?.judge.remix(part);
  }

  state(): LatencyJudgeState {
    return {
      past: this.#past.toSparse(),
      edges: this.#edges.states(),
      rank: this.#rank && { reference: this.#rank.reference.toSparse(), judge: this.#rank.judge.state() },
    };
  }

  /** Stable's bin at each watched quantile; null while too little of stable is known. */
  #watchedBins(): readonly number[] | null {
    if (this.#stableBins !== null) return this.#stableBins;
    if (this.#past.total < SMALLEST_SAMPLE) return null;
    // Low enough for the candidate's edge, a tolerance further up, to exist as well.
    const highest = this.#tolerated.highestStableBin;
    const bins = this.#quantiles.map((q) => Math.max(0, Math.min(this.#past.quantileBin(q) ?? highest, highest)));
    if (this.#past.total >= SETTLED_SAMPLE) this.#stableBins = bins;
    return bins;
  }

  /** The bet on ranks, frozen on what was known of stable when it was first needed. */
  #ranks(): LatencyRankJudge {
    if (this.#rank === null) {
      const reference = this.#past.copy();
      this.#rank = { reference, judge: this.#rankJudge(reference) };
    }
    return this.#rank.judge;
  }

  #rankJudge(reference: LogHistogram, state?: ScoreJudgeState): LatencyRankJudge {
    return new LatencyRankJudge(reference.counts, (bin) => this.#tolerated.stableBin(bin), state);
  }
}

const latencies = (arm: ArmCounts): { bins: ArrayLike<number>; failures: number } => ({
  bins: arm.latency.counts,
  failures: arm.failures,
});
