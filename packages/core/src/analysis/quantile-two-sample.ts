import type { CumulativeCounts } from "./dkw-band.ts";
import { logSumExp } from "./logsumexp.ts";
import { expit, logit } from "./margin.ts";

/** Distances between the quantile and an edge that are bet on, as odds ratios (ANALYSIS §3.5). */
const ODDS_RATIOS = [1.3, 1.8, 2.5, 4, 8, 20];

/** Kept out of the bets: without it edges far from the quantile would drive the minimum to −∞. */
const CASH = 0.2;

export interface QuantileQuestion {
  q: number;
  /** How many bins higher the candidate's quantile may be. Whole, ≥ 0. */
  shift: number;
  oddsRatios?: readonly number[];
  cash?: number;
}

/**
 * ln of an e-process against "the candidate's q quantile is at most stable's, `shift` bins further up" (ANALYSIS §3.5): the
 * least evidence over all edges at which stable's quantile could lie. Stable's counts are taken at the lower edge of a bin and
 * the candidate's at the upper one, since the quantile lies somewhere inside; with one edge for both the false-alarm rate was 30 %
 * at α = 1 % in simulation. Blind to differences below one bin; needs each arm's quantile to stay where it is.
 */
export function logEQuantileTwoSample(
  candidate: CumulativeCounts,
  stable: CumulativeCounts,
  question: QuantileQuestion,
): number {
  const { q, shift, oddsRatios = ODDS_RATIOS, cash = CASH } = question;
  const edges = stable.cumulative.length;
  const bets = oddsRatios.map(Math.log);
  const higher = bets.map((logOdds) => expit(logit(q) + logOdds));
  const lower = bets.map((logOdds) => expit(logit(q) - logOdds));
  const countAt = ({ cumulative, total }: CumulativeCounts, edge: number): number => {
    if (edge < 0) return 0;
    return edge < cumulative.length ? (cumulative[edge] ?? 0) : total;
  };
  let least = Number.POSITIVE_INFINITY;
  for (let edge = -1; edge < edges; edge += 1) {
    const above = mixed(countAt(stable, edge), stable.total, q, higher, cash);
    const below = mixed(countAt(candidate, edge + 1 + shift), candidate.total, q, lower, cash);
    least = Math.min(least, above + below);
  }
  return least;
}

/** ln of cash and an even mixture of likelihood ratios of `below` of `total` at `rates` against `q`. */
function mixed(below: number, total: number, q: number, rates: readonly number[], cash: number): number {
  const logRatios = rates.map((rate) => {
    const up = below === 0 ? 0 : below * Math.log(rate / q);
    const down = total === below ? 0 : (total - below) * (Math.log1p(-rate) - Math.log1p(-q));
    return Math.log((1 - cash) / rates.length) + up + down;
  });
  return logSumExp([Math.log(cash), ...logRatios]);
}
