import { logChoose } from "./log-gamma.ts";
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

/**
 * Mid-ranks over the pooled sample (Mann & Whitney, Ann. Math. Stat. 18, 1947; ties as in Lehmann, "Nonparametrics", 1975),
 * after `shift` was taken off every value of the candidate. Both samples ascending.
 */
export function rankSum(candidate: Float64Array, stable: Float64Array, shift = 0): RankSum {
  const [n, m] = [candidate.length, stable.length];
  const shifted = (index: number): number => (candidate[index] ?? Number.NaN) - shift;
  let [first, second, ranks, ties] = [0, 0, 0, 0];
  while (first < n || second < m) {
    const value =
      second >= m || (first < n && shifted(first) <= (stable[second] ?? 0)) ? shifted(first) : (stable[second] ?? 0);
    const before = first + second;
    const start = first;
    while (first < n && shifted(first) === value) first += 1;
    while (second < m && stable[second] === value) second += 1;
    const size = first + second - before;
    if (size === 0) return { u: Number.NaN, sigma: Number.NaN, mean: (n * m) / 2, tied: false };
    ties += size ** 3 - size;
    ranks += (first - start) * (before + (size + 1) / 2);
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

/**
 * Whether so many points can support the confidence at all: the widest interval, from the smallest to the largest difference,
 * misses with probability 2 / C(n + m, n). Five points a side are needed for 98 %.
 */
export const enoughPoints = (candidates: number, stables: number, confidence: number): boolean =>
  candidates >= 2 &&
  stables >= 2 &&
  2 * Math.exp(-logChoose(candidates + stables, candidates)) <= (1 - confidence) * (1 + 1e-9);

/** The smallest number of points a side that can support `confidence`, in (0.5, 1). */
export function pointsNeeded(confidence: number): number {
  let points = 2;
  while (!enoughPoints(points, points, confidence)) points += 1;
  return points;
}
