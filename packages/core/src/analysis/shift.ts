import { normalQuantile } from "./normal.ts";
import type { RankSum } from "./rank-sum.ts";

export interface Interval {
  low: number;
  high: number;
}

/**
 * The k-th smallest (from 1) of all differences candidate − stable, without listing them: bisection over the numbers that a
 * double can hold, each step counted in one pass over the sorted samples. Exact.
 */
export function difference(candidate: Float64Array, stable: Float64Array, k: number): number {
  const smallest = (candidate[0] ?? 0) - (stable.at(-1) ?? 0);
  const largest = (candidate.at(-1) ?? 0) - (stable[0] ?? 0);
  let [low, high] = [place(smallest), place(largest)];
  while (low < high) {
    const middle = (low + high) >> 1n;
    if (countUpTo(candidate, stable, valueAt(middle)) >= k) high = middle;
    else low = middle + 1n;
  }
  return valueAt(low);
}

/** How many differences are at most `limit`; both samples ascending. */
function countUpTo(candidate: Float64Array, stable: Float64Array, limit: number): number {
  let count = 0;
  let first = 0;
  for (const value of candidate) {
    while (first < stable.length && value - (stable[first] ?? 0) > limit) first += 1;
    count += stable.length - first;
  }
  return count;
}

const numbers = new Float64Array(1);
const bits = new BigInt64Array(numbers.buffer);
const SIGN = 1n << 63n;

/** Doubles in their order, as whole numbers. */
function place(value: number): bigint {
  numbers[0] = value === 0 ? 0 : value;
  const pattern = bits[0] ?? 0n;
  return pattern >= 0n ? pattern : -(pattern + SIGN);
}

function valueAt(index: bigint): number {
  bits[0] = index >= 0n ? index : -index - SIGN;
  return numbers[0] ?? Number.NaN;
}

/** Hodges and Lehmann's estimate of the shift: the median of all differences (Ann. Math. Stat. 34, 1963). */
export function hodgesLehmann(candidate: Float64Array, stable: Float64Array): number {
  const pairs = candidate.length * stable.length;
  const upper = difference(candidate, stable, Math.floor(pairs / 2) + 1);
  return pairs % 2 === 1 ? upper : (difference(candidate, stable, pairs / 2) + upper) / 2;
}

/** Which difference, from either end, bounds the shift at `confidence` (ANALYSIS §5). */
export const intervalRank = ({ mean, sigma }: RankSum, confidence: number): number =>
  Math.max(1, Math.floor(mean - normalQuantile(1 - (1 - confidence) / 2) * sigma));

/** Confidence interval of the shift: differences counted from both ends. */
export function shiftInterval(
  candidate: Float64Array,
  stable: Float64Array,
  ranks: RankSum,
  confidence: number,
): Interval {
  const k = intervalRank(ranks, confidence);
  const pairs = candidate.length * stable.length;
  return { low: difference(candidate, stable, k), high: difference(candidate, stable, pairs + 1 - k) };
}
