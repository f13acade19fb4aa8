import { invalidField } from "../errors.ts";
import type { OutcomeTable } from "./fisher.ts";

/** What is tolerated: `p_c ≤ ratio · p_s + difference`, p being the arms' rates of bad outcomes. */
export interface Margin {
  /** Absolute: 0.01 is one more in a hundred. In [0, 1). */
  difference: number;
  /** Relative: 1.5 is half as many again. Above 0. */
  ratio: number;
}

/** Worse at all is worse. */
export const NO_MARGIN: Margin = { difference: 0, ratio: 1 };

/** A pair of rates of bad outcomes. */
export interface Rates {
  candidate: number;
  stable: number;
}

/** Keeps the projection off 0 and 1, where its logarithms end. */
const EDGE = 1e-15;

/** Throws `invalid_argument` naming the field for a margin that no rates can meet. */
export function checkMargin(margin: Margin, field = "margin"): Margin {
  const { difference, ratio } = margin;
  if (!(difference >= 0 && difference < 1)) throw invalidField(`${field}.difference`, difference, "from 0 to below 1");
  if (!(ratio > 0 && ratio <= 1_000)) throw invalidField(`${field}.ratio`, ratio, "above 0, at most 1000");
  return margin;
}

/** The candidate's rate on the border of the margin, beside a rate of stable's. */
export const toleratedRate = ({ difference, ratio }: Margin, stable: number): number => ratio * stable + difference;

/**
 * The rates on the border of the margin that are nearest to `rates`, in Kullback-Leibler divergence weighted by how many
 * requests each arm has: argmin_p n_c KL(q_c ‖ ratio·p + difference) + n_s KL(q_s ‖ p) (ANALYSIS §2.3; the reverse
 * information projection of Turner, Ly & Grünwald, "Generic E-variables for exact sequential k-sample tests", JSPI 2024).
 * Without a margin it is the pooled rate; otherwise the root of an increasing function, by bisection.
 */
export function projectOnMargin(rates: Rates, sizes: Rates, margin: Margin): Rates {
  const { difference, ratio } = margin;
  if (difference === 0 && ratio === 1) {
    const pooled = (sizes.candidate * rates.candidate + sizes.stable * rates.stable) / (sizes.candidate + sizes.stable);
    return { candidate: pooled, stable: pooled };
  }
  const lowest = Math.max(0, -difference / ratio) + EDGE;
  const highest = Math.min(1, (1 - difference) / ratio) - EDGE;
  const clamp = (rate: number): number => Math.min(Math.max(rate, lowest), highest);
  const opposite = (rates.candidate - difference) / ratio;
  let low = clamp(Math.min(rates.stable, opposite));
  let high = clamp(Math.max(rates.stable, opposite));
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (slope(middle, rates, sizes, margin) > 0) high = middle;
    else low = middle;
  }
  const stable = (low + high) / 2;
  return { candidate: toleratedRate(margin, stable), stable };
}

/** Derivative of the weighted divergence along the border. */
function slope(stable: number, rates: Rates, sizes: Rates, margin: Margin): number {
  const candidate = toleratedRate(margin, stable);
  return (
    (-sizes.candidate * margin.ratio * (rates.candidate - candidate)) / (candidate * (1 - candidate)) -
    (sizes.stable * (rates.stable - stable)) / (stable * (1 - stable))
  );
}

/**
 * ln of the e-variable B2 (ANALYSIS §2.3): the likelihood of the batch at `alternative` over that at its projection on
 * the margin. Its mean is at most 1 for every pair of rates on the other side of the margin: with
 * d_g = (μ_g − p_g)(q_g − p_g) / (p_g (1 − p_g)), E[S] ≤ exp(n_c d_c + n_s d_s), and the projection on a convex null makes
 * that exponent at most 0. Only batch means enter, so rates may drift, and outcomes may be any values in [0, 1].
 * 0 when an arm is empty.
 */
export function logEBlock(table: OutcomeTable, alternative: Rates, margin: Margin): number {
  const { candidateErrors, candidateRequests, stableErrors, stableRequests } = table;
  if (candidateRequests === 0 || stableRequests === 0) return 0;
  const sizes = { candidate: candidateRequests, stable: stableRequests };
  const border = projectOnMargin(alternative, sizes, margin);
  return (
    logRatio(candidateErrors, candidateRequests, alternative.candidate, border.candidate) +
    logRatio(stableErrors, stableRequests, alternative.stable, border.stable)
  );
}

/** ln of the likelihood of `errors` in `requests` at `rate` over that at `reference`, with 0 · ln 0 = 0. */
export function logRatio(errors: number, requests: number, rate: number, reference: number): number {
  const answered = requests - errors;
  return (
    (errors === 0 ? 0 : errors * Math.log(rate / reference)) +
    (answered === 0 ? 0 : answered * (Math.log1p(-rate) - Math.log1p(-reference)))
  );
}

export const logit = (p: number): number => Math.log(p) - Math.log1p(-p);

export const expit = (x: number): number => 1 / (1 + Math.exp(-x));
