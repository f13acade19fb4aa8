/**
 * Geometric bins: bin 0 holds everything up to `first`, bin i the values in (edge(i-1), edge(i)] with
 * `edge(i) = first · ratio^i`, and one last bin what lies above the last edge. The edges are fixed for ever, so a count
 * "at most edge(i)" is exact, which is what the statistics need (ANALYSIS §3.1): unlike a t-digest, nothing is estimated.
 */
export class LogBins {
  readonly first: number;
  readonly ratio: number;
  /** Upper edges of all bins but the last, ascending. */
  readonly edges: Float64Array;
  readonly #perUnit: number;

  /** `first` > 0 and `ratio` > 1; `edgeCount` ≥ 1 edges make `edgeCount + 1` bins. */
  constructor(first: number, ratio: number, edgeCount: number) {
    this.first = first;
    this.ratio = ratio;
    this.edges = Float64Array.from({ length: edgeCount }, (_, index) => first * ratio ** index);
    this.#perUnit = 1 / Math.log(ratio);
  }

  /** Number of bins, the one above the last edge included. */
  get count(): number {
    return this.edges.length + 1;
  }

  /** Index of the bin above the last edge. */
  get overflow(): number {
    return this.edges.length;
  }

  /** Upper edge of a bin; `Infinity` for the last. */
  edge(bin: number): number {
    return this.edges[bin] ?? Number.POSITIVE_INFINITY;
  }

  /** The smallest bin whose edge is at least `value`. NaN counts as above every edge. */
  binOf(value: number): number {
    if (value <= this.first) return 0;
    if (!(value <= this.edge(this.overflow - 1))) return this.overflow;
    // The logarithm may land one off beside an edge; the edges themselves decide.
    let bin = Math.ceil(Math.log(value / this.first) * this.#perUnit - 1e-9);
    if (value > this.edge(bin)) bin += 1;
    else if (value <= this.edge(bin - 1)) bin -= 1;
    return bin;
  }

  /** How many whole bins a factor of `1 + tolerance` is, rounded; the exact factor is `ratio ^ shift` (ANALYSIS §3.2). */
  shiftOf(tolerance: number): number {
    return Math.round(Math.log1p(tolerance) * this.#perUnit);
  }
}

/** The bins of every latency in this project, in milliseconds: 161 edges from 0.1 ms to 105 s, 9 % apart (ANALYSIS §3.1). */
export const LATENCY_BINS = new LogBins(0.1, 2 ** (1 / 8), 161);
