import { normalSf } from "./normal.ts";

/** The rank sum of Mann and Whitney, and the law it has when both arms are alike. */
export interface RankSum {
  /** Pairs in which the candidate's value is the larger one, ties counted half. */
  u: number;
  /** Standard deviation of `u` under the null, ties allowed for; 0 when all values are the same. */
  sigma: number;
  /** Half of all pairs: the mean of `u` under the null. */
  mean: number;
  /** Whether any value occurs twice in the pooled sample. */
  tied: boolean;
}

/** p-values of one look at both samples. */
export interface RankTest {
  /** Against "the candidate's values are no larger". */
  greater: number;
  less: number;
  twoSided: number;
  /** Counted exactly, or by the normal approximation with continuity correction. */
  exact: boolean;
}

/** Above this many pairs the normal approximation does (ANALYSIS §5). */
const LARGEST_EXACT = 1_000;

/** Mid-ranks over the pooled sample (Mann & Whitney, Ann. Math. Stat. 18, 1947; ties as in Lehmann, "Nonparametrics", 1975). */
export function rankSum(candidate: ArrayLike<number>, stable: ArrayLike<number>): RankSum {
  const [n, m] = [candidate.length, stable.length];
  const pooled = new Float64Array(n + m);
  const order = new Uint32Array(n + m);
  for (let index = 0; index < n + m; index += 1) {
    pooled[index] = (index < n ? candidate[index] : stable[index - n]) ?? Number.NaN;
    order[index] = index;
  }
  order.sort((left, right) => (pooled[left] ?? 0) - (pooled[right] ?? 0));
  let [ranks, ties] = [0, 0];
  for (let start = 0; start < order.length; ) {
    const value = pooled[order[start] ?? 0];
    let end = start + 1;
    while (end < order.length && pooled[order[end] ?? 0] === value) end += 1;
    const size = end - start;
    ties += size ** 3 - size;
    const midRank = (start + 1 + end) / 2;
    for (let place = start; place < end; place += 1) if ((order[place] ?? n) < n) ranks += midRank;
    start = end;
  }
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - (total > 1 ? ties / (total * (total - 1)) : 0));
  return { u: ranks - (n * (n + 1)) / 2, sigma: Math.sqrt(Math.max(0, variance)), mean: (n * m) / 2, tied: ties > 0 };
}

/** The normal approximation with continuity correction (ANALYSIS §5). Without any spread every p-value is 1. */
export function approximateRankTest({ u, sigma, mean }: RankSum): RankTest {
  if (!(sigma > 0)) return { greater: 1, less: 1, twoSided: 1, exact: false };
  const shift = u - mean;
  return {
    greater: normalSf((shift - 0.5) / sigma),
    less: normalSf((-shift - 0.5) / sigma),
    twoSided: Math.min(1, 2 * normalSf((Math.abs(shift) - 0.5) / sigma)),
    exact: false,
  };
}

/** By counting where that is possible (no ties, few pairs), else by approximation. */
export function rankTest(candidates: number, stables: number, ranks: RankSum): RankTest {
  if (ranks.tied || candidates * stables > LARGEST_EXACT) return approximateRankTest(ranks);
  const frequencies = rankSumFrequencies(candidates, stables);
  const total = frequencies.reduce((sum, count) => sum + count, 0);
  const from = (start: number): number => frequencies.slice(start).reduce((sum, count) => sum + count, 0) / total;
  const greater = from(ranks.u);
  const less = from(candidates * stables - ranks.u);
  return { greater, less, twoSided: Math.min(1, 2 * Math.min(greater, less)), exact: true };
}

/**
 * In how many of the orders of n + m different values `u` pairs favour the first sample, for u = 0 … n m:
 * f(i, j, u) = f(i−1, j, u−j) + f(i, j−1, u). Exact up to 2^53, relative error 1e-14 beyond.
 */
export function rankSumFrequencies(n: number, m: number): Float64Array {
  let rows = Array.from({ length: m + 1 }, () => Float64Array.of(1));
  for (let i = 1; i <= n; i += 1) {
    const next: Float64Array<ArrayBuffer>[] = [Float64Array.of(1)];
    for (let j = 1; j <= m; j += 1) {
      const counts = new Float64Array(i * j + 1);
      const [taken, left] = [rows[j], next[j - 1]];
      for (let u = 0; u <= i * j; u += 1) counts[u] = (u >= j ? (taken?.[u - j] ?? 0) : 0) + (left?.[u] ?? 0);
      next.push(counts);
    }
    rows = next;
  }
  return rows[m] ?? Float64Array.of(1);
}
