import { invalidField } from "../errors.ts";
import { LATENCY_BINS } from "./log-bins.ts";

/** `[bin, count]` of the bins that are not empty, ascending: the form in which a histogram travels. */
export type SparseCounts = [bin: number, count: number][];

/**
 * Counts of latencies per bin of `LATENCY_BINS` (ANALYSIS §3.1): bounded memory, exact at every edge, mergeable.
 * Counts stay exact up to 2^53.
 */
export class LogHistogram {
  readonly #counts = new Float64Array(LATENCY_BINS.count);
  #total = 0;

  /** Throws `invalid_argument` for a bin that does not exist or a count that is not a whole number ≥ 0. */
  static fromSparse(sparse: readonly (readonly [bin: number, count: number])[], field = "latency"): LogHistogram {
    const histogram = new LogHistogram();
    for (const [index, [bin, count]] of sparse.entries()) {
      if (!Number.isInteger(bin) || bin < 0 || bin >= LATENCY_BINS.count) {
        throw invalidField(`${field}[${index}][0]`, bin, `a whole number from 0 to ${LATENCY_BINS.overflow}`);
      }
      if (!Number.isSafeInteger(count) || count < 0) {
        throw invalidField(`${field}[${index}][1]`, count, "a whole number of at least 0");
      }
      histogram.recordBin(bin, count);
    }
    return histogram;
  }

  /** Counts per bin, `LATENCY_BINS.count` of them; a live view, not a copy. */
  get counts(): ArrayLike<number> {
    return this.#counts;
  }

  /** How many latencies were recorded. */
  get total(): number {
    return this.#total;
  }

  /** Counts one latency in milliseconds and answers the bin it fell into. NaN falls above every edge. */
  record(ms: number): number {
    const bin = LATENCY_BINS.binOf(ms);
    this.recordBin(bin, 1);
    return bin;
  }

  /** `bin` from 0 to `LATENCY_BINS.overflow`. */
  recordBin(bin: number, count: number): void {
    this.#counts[bin] = (this.#counts[bin] ?? 0) + count;
    this.#total += count;
  }

  /** Adds counts per bin, such as `counts` of another histogram. */
  add(counts: ArrayLike<number>): void {
    for (let bin = 0; bin < this.#counts.length; bin += 1) {
      const count = counts[bin] ?? 0;
      if (count !== 0) this.recordBin(bin, count);
    }
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  copy(): LogHistogram {
    const copy = new LogHistogram();
    copy.add(this.#counts);
    return copy;
  }

  /** How many latencies were at most the edge of `bin`. */
  countUpTo(bin: number): number {
    return sumUpTo(this.#counts, bin);
  }

  /** The bin that holds the `q` quantile, 0 ≤ q ≤ 1; null when empty. */
  quantileBin(q: number): number | null {
    if (this.#total === 0) return null;
    let cumulative = 0;
    for (let bin = 0; bin < this.#counts.length; bin += 1) {
      const count = this.#counts[bin] ?? 0;
      cumulative += count;
      if (count > 0 && cumulative >= q * this.#total) return bin;
    }
    return LATENCY_BINS.overflow;
  }

  /**
   * The upper edge in milliseconds of the bin that holds the `q` quantile: at most 9 % above the true one.
   * `Infinity` above the last edge, null when empty.
   */
  quantile(q: number): number | null {
    const bin = this.quantileBin(q);
    return bin === null ? null : LATENCY_BINS.edge(bin);
  }

  toSparse(): SparseCounts {
    const sparse: SparseCounts = [];
    for (const [bin, count] of this.#counts.entries()) if (count > 0) sparse.push([bin, count]);
    return sparse;
  }
}

/** Sum of the counts of bins 0 to `bin`. */
export function sumUpTo(counts: ArrayLike<number>, bin: number): number {
  const end = Math.min(bin, counts.length - 1);
  let sum = 0;
  for (let index = 0; index <= end; index += 1) sum += counts[index] ?? 0;
  return sum;
}
