import { logSumExp } from "./logsumexp.ts";

/** Requests of both arms while the candidate's nominal share of the traffic was `share`, in (0, 1). */
export interface WeightLevel {
  share: number;
  candidate: number;
  stable: number;
}

/** Multiples of the nominal odds that are bet on. */
const ODDS_FACTORS = [0.5, 0.8, 0.9, 0.95, 1.05, 1.1, 1.25, 2];

/** Evidence from which the split is no longer believed: pause and say so, never roll back (ANALYSIS §2.6). */
export const SAMPLE_RATIO_BOUND = Math.log(1_000);

/**
 * ln e-value against "each request went to the candidate with the nominal probability" (ANALYSIS §2.6;
 * after Lindon & Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022). Only for
 * routers that draw per request: callers pinned to an arm come in clusters and would raise false alarms.
 */
export function logESampleRatio(levels: readonly WeightLevel[]): number {
  const bets = ODDS_FACTORS.map((factor) =>
    levels.reduce((sum, { share, candidate, stable }) => {
      const odds = 1 + share * (factor - 1);
      return sum + candidate * Math.log(factor / odds) - stable * Math.log(odds);
    }, 0),
  );
  return logSumExp(bets) - Math.log(ODDS_FACTORS.length);
}
