import { ScoreJudge, type ScoreJudgeOptions, type ScoreJudgeState } from "./score-judge.ts";
import { DETECTION_MIXTURE } from "./switching-mixture.ts";

/** One arm's latencies in a batch: answers per bin, and requests that got no proper answer, slower than every edge. */
export interface LatencyCounts {
  bins: ArrayLike<number>;
  failures: number;
}

const RANK_DETECTION: ScoreJudgeOptions = {
  claim: "worse",
  margin: 0,
  priorMean: 0.5,
  priorWeight: 20,
  ...DETECTION_MIXTURE,
};

/**
 * A sequential Mann-Whitney test for shifts of the whole latency distribution (ANALYSIS §3.2): B3 on the rank of each latency
 * in a histogram that is frozen before the first batch. The rank is a function of the bin, so counts per bin suffice.
 */
export class LatencyRankJudge {
  readonly #stableRanks: Float64Array;
  readonly #candidateRanks: Float64Array;
  readonly #judge: ScoreJudge;

  /**
   * `reference` are stable's counts per bin from before the first batch. `stableBin` takes the tolerance off: it tells
   * which bin a candidate's latency is ranked as. It must be monotone.
   */
  constructor(
    reference: ArrayLike<number>,
    stableBin: (candidateBin: number) => number = (bin) => bin,
    state?: ScoreJudgeState,
  ) {
    const ranks = midRanks(reference);
    // The last place is for failures: they rank as the slowest bin, whatever the tolerance.
    const slowest = ranks.at(-1) ?? 1;
    const shifted = ranks.map((_, bin) => ranks[stableBin(bin)] ?? slowest);
    this.#stableRanks = Float64Array.from([...ranks, slowest]);
    this.#candidateRanks = Float64Array.from([...shifted, slowest]);
    this.#judge = new ScoreJudge(RANK_DETECTION, state);
  }

  get logWealth(): number {
    return this.#judge.logWealth;
  }

  update(candidate: LatencyCounts, stable: LatencyCounts): void {
    this.#judge.update(ranked(candidate, this.#candidateRanks), ranked(stable, this.#stableRanks));
  }

  remix(part: number): void {
    this.#judge.remix(part);
  }

  state(): ScoreJudgeState {
    return this.#judge.state();
  }
}

/** Mid-distribution function at each bin, `(below + count/2 + 1/2) / (total + 1)`: strictly inside (0, 1). */
export function midRanks(counts: ArrayLike<number>): Float64Array {
  const ranks = Float64Array.from(counts);
  const total = ranks.reduce((sum, count) => sum + count, 0);
  let below = 0;
  return ranks.map((count) => {
    const rank = (below + count / 2 + 0.5) / (total + 1);
    below += count;
    return rank;
  });
}

/** The ranks that occur in a batch; the last place of `ranks` is that of failures. */
function ranked({ bins, failures }: LatencyCounts, ranks: Float64Array): { values: number[]; counts: number[] } {
  const found = { values: [] as number[], counts: [] as number[] };
  const failed = ranks.length - 1;
  for (let bin = 0; bin <= failed; bin += 1) {
    const count = bin === failed ? failures : (bins[bin] ?? 0);
    if (count === 0) continue;
    found.values.push(ranks[bin] ?? Number.NaN);
    found.counts.push(count);
  }
  return found;
}
