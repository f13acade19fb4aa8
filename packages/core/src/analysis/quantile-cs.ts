import { logEBetaBinomial } from "./bernoulli-cs.ts";

/** The α at which `kappaFor` is at its best; the value is of no consequence for coverage. */
const TUNED_AT = 0.05;

/**
 * How sharp the mixture is, for the tightest bounds near `samples` observations: κ = t / (2 L + ln(1 + 2 L)) − 1 with
 * L = ln(1/α) (ANALYSIS §3.3; Howard & Ramdas, "Sequential estimation of quantiles", Bernoulli 2022).
 */
export function kappaFor(samples: number, alpha = TUNED_AT): number {
  const bound = Math.log(1 / alpha);
  return Math.max(samples / (2 * bound + Math.log1p(2 * bound)) - 1, 0.001);
}

/**
 * ln of the evidence that the `q` quantile is not at an edge that `below` of `total` observations do not exceed: a
 * beta-binomial mixture with a = κ q, b = κ (1 − q) (ANALYSIS §3.3).
 */
export const logEQuantile = (below: number, total: number, q: number, kappa: number): number =>
  logEBetaBinomial(below, total, q, kappa * q, kappa * (1 - q));

/**
 * Confidence sequence for the `q` quantile of latencies that are only known per bin. `cumulative[i]` is how many of `total` were at
 * most edge i. The quantile lies above edge `low` and not above edge `high`, both missing with probability at most `alpha`, ever;
 * null where nothing can be said. Needs the quantile to stay where it is; for display.
 */
export function quantileCs(
  cumulative: ArrayLike<number>,
  total: number,
  question: { q: number; alpha: number; kappa: number },
): { low: number | null; high: number | null } {
  const { q, alpha, kappa } = question;
  const bound = Math.log(1 / alpha);
  const excluded = (below: number): boolean => logEQuantile(below, total, q, kappa) >= bound;
  let low: number | null = null;
  for (let edge = 0; edge < cumulative.length; edge += 1) {
    const below = cumulative[edge] ?? 0;
    if (below < q * total && excluded(below)) low = edge;
    if (below > q * total && excluded(below)) return { low, high: edge };
  }
  return { low, high: null };
}

/**
 * The same as counts: how many of `total` observations may at most, and must at least, be up to an edge for it to be excluded
 * from below and from above; −1 and `total` + 1 where no count does.
 */
export function quantileRankBounds(
  total: number,
  question: { q: number; alpha: number; kappa: number },
): { low: number; high: number } {
  const { q, alpha, kappa } = question;
  const bound = Math.log(1 / alpha);
  const excluded = (count: number): boolean => logEQuantile(count, total, q, kappa) >= bound;
  // The evidence falls towards q · total and rises beyond it, so both borders can be bisected.
  const centre = q * total;
  let [low, none] = [-1, Math.ceil(centre)];
  while (none - low > 1) {
    const middle = Math.floor((low + none) / 2);
    if (middle < centre && excluded(middle)) low = middle;
    else none = middle;
  }
  let [high, some] = [total + 1, Math.floor(centre)];
  while (high - some > 1) {
    const middle = Math.floor((high + some) / 2);
    if (middle > centre && excluded(middle)) high = middle;
    else some = middle;
  }
  return { low, high };
}

/**
 * How far apart, as shares of the sample, the empirical quantiles are that hold the `q` quantile between them after `total`
 * observations: 1.5 √(q (1 − q) l) + 0.8 l with l = (1.4 ln ln(2.1 t) + ln(10/α)) / t (Howard & Ramdas 2022, Theorem 1a;
 * ANALYSIS §3.3). Without special functions, and wider than `quantileCs`.
 */
export function quantileStitchedRadius(total: number, q: number, alpha: number): number {
  const l = (1.4 * Math.log(Math.log(2.1 * total)) + Math.log(10 / alpha)) / total;
  return 1.5 * Math.sqrt(q * (1 - q) * l) + 0.8 * l;
}
