/** The constant A of the band: Howard & Ramdas use 0.85 throughout. */
const DEFAULT_A = 0.85;

/** Golden-section steps: an interval of 3 shrinks to 1e-12. */
const SECTION_STEPS = 80;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * C of the time-uniform band below, for which α = min_η 4 e^(−γ C) (1 + 1/((γ − 1) ln η)), γ = (2/η) (A − √(2 (η − 1)/C))² > 1
 * (Howard & Ramdas, "Sequential estimation of quantiles", Bernoulli 2022, Theorem 2; ANALYSIS §3.4).
 */
export function lilConstant(alpha: number, a = DEFAULT_A): number {
  let [low, high] = [1, 200];
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (crossing(middle, a) > alpha) low = middle;
    else high = middle;
  }
  return high;
}

/** The bound on the probability of ever leaving the band of constant `c`, at its best η. */
function crossing(c: number, a: number): number {
  const at = (logEta: number): number => {
    const eta = Math.exp(logEta);
    const root = a - Math.sqrt((2 * (eta - 1)) / c);
    const gamma = root > 0 ? (2 / eta) * root ** 2 : 0;
    return gamma > 1 ? 4 * Math.exp(-gamma * c) * (1 + 1 / ((gamma - 1) * logEta)) : Number.POSITIVE_INFINITY;
  };
  // η − 1 spans orders of magnitude; a coarse search over its logarithm finds the valley, golden section its bottom.
  const grid = Array.from({ length: 400 }, (_, index) => 10 ** (-5 + (index * 5) / 399));
  const best = grid.reduce((left, right) => (at(right) < at(left) ? right : left));
  let [from, to] = [Math.log(best) - 0.05, Math.log(best) + 0.05];
  for (let step = 0; step < SECTION_STEPS; step += 1) {
    const [left, right] = [to - GOLDEN * (to - from), from + GOLDEN * (to - from)];
    if (at(Math.exp(left)) < at(Math.exp(right))) to = right;
    else from = left;
  }
  return at(Math.exp((from + to) / 2));
}

/**
 * Half-width of a band around the empirical distribution function that holds all of the true one at every time from `from`
 * observations on, with probability 1 − α: A √((ln(1 + ln(t/m)) + C) / t). Infinite below `from`.
 */
export function dkwRadius(total: number, constant: number, from = 1, a = DEFAULT_A): number {
  if (!(total >= from)) return Number.POSITIVE_INFINITY;
  return a * Math.sqrt((Math.log1p(Math.log(total / from)) + constant) / total);
}

/** The constant in closed form for `from` = 1: a little larger. */
export const simpleLilConstant = (alpha: number): number => 0.8 * Math.log(1_612 / alpha);

/** One arm's latencies: how many of `total` were at most each edge. */
export interface CumulativeCounts {
  cumulative: ArrayLike<number>;
  total: number;
}

/**
 * Where stable's distribution function lies above the candidate's by more than both bands (ANALYSIS §3.4): the edge at which the
 * candidate is slower beyond doubt, and by how much; null while the bands touch everywhere. At any time, for any quantile, with
 * probability of error at most `alpha`; needs arms that stay as they are, and is blind to a small tail. For the plot.
 */
export function bandSeparation(
  candidate: CumulativeCounts,
  stable: CumulativeCounts,
  alpha: number,
): { edge: number; excess: number } | null {
  if (candidate.total === 0 || stable.total === 0) return null;
  const constant = lilConstant(alpha / 2);
  const radius = dkwRadius(candidate.total, constant) + dkwRadius(stable.total, constant);
  let found: { edge: number; excess: number } | null = null;
  for (let edge = 0; edge < stable.cumulative.length; edge += 1) {
    const gap = (stable.cumulative[edge] ?? 0) / stable.total - (candidate.cumulative[edge] ?? 0) / candidate.total;
    if (gap - radius > (found?.excess ?? 0)) found = { edge, excess: gap - radius };
  }
  return found;
}
