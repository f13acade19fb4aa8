import { logChoose } from "./log-gamma.ts";

/** Outcomes of one batch: of how many requests of each arm how many went wrong (or were slow). */
export interface OutcomeTable {
  candidateErrors: number;
  candidateRequests: number;
  stableErrors: number;
  stableRequests: number;
}

/** Terms smaller than this part of the sum are left out; the sum is exact to the last bits. */
const NEGLIGIBLE = 1e-17;

/**
 * ln Σ_u C(n_c, u) C(n_s, m − u) ω^u: the normaliser of Fisher's non-central hypergeometric law of the candidate's
 * errors, given the arms' sizes n_c and n_s and m errors in all. Summed outwards from the largest term by the ratio
 * of neighbours, so that the work grows with the law's width and not with the batch.
 */
export function logPartition(candidates: number, stables: number, errors: number, oddsRatio: number): number {
  const lowest = Math.max(0, errors - stables);
  const highest = Math.min(candidates, errors);
  /** Term u + 1 over term u; falls with u, and is 0 at `highest`. */
  const ratio = (u: number): number =>
    (oddsRatio * (candidates - u) * (errors - u)) / ((u + 1) * (stables - errors + u + 1));

  let [mode, above] = [lowest, highest];
  while (mode < above) {
    const middle = Math.floor((mode + above) / 2);
    if (ratio(middle) < 1) above = middle;
    else mode = middle + 1;
  }

  let sum = 1;
  for (let u = mode, term = 1; u < highest && term > NEGLIGIBLE * sum; u += 1) {
    term *= ratio(u);
    sum += term;
  }
  for (let u = mode, term = 1; u > lowest && term > NEGLIGIBLE * sum; u -= 1) {
    term /= ratio(u - 1);
    sum += term;
  }
  return logChoose(candidates, mode) + logChoose(stables, errors - mode) + mode * Math.log(oddsRatio) + Math.log(sum);
}

/** True when the errors could not have fallen otherwise (none, all, or an arm is missing): the batch says nothing. */
export function saysNothing(table: OutcomeTable): boolean {
  const errors = table.candidateErrors + table.stableErrors;
  return Math.max(0, errors - table.stableRequests) === Math.min(table.candidateRequests, errors);
}

/**
 * ln of the e-variable B1 (ANALYSIS §2.1): the likelihood of the candidate's errors at `oddsRatio` over that at
 * `nullOddsRatio`, given all margins. Its mean is at most 1 when the candidate's odds of an error are at most
 * `nullOddsRatio` times stable's, whatever the split was and however the error rate moves from batch to batch.
 *
 * Why: with P(ω) = Σ C C ω^u and a true odds ratio τ ≤ ω0, E[S] = P(ω0) P(ω τ/ω0) / (P(ω) P(τ)); ln P is convex in
 * ln ω, and ω0 and ω τ/ω0 lie between τ and ω with the same product, so E[S] ≤ 1. At ω0 = 1 outcomes may even depend on each
 * other (bursts, shared outages), as long as requests were assigned to the arms exchangeably.
 */
export function logEFisher(table: OutcomeTable, oddsRatio: number, nullOddsRatio = 1): number {
  if (saysNothing(table)) return 0;
  const { candidateErrors, candidateRequests, stableErrors, stableRequests } = table;
  const errors = candidateErrors + stableErrors;
  return (
    candidateErrors * (Math.log(oddsRatio) - Math.log(nullOddsRatio)) -
    logPartition(candidateRequests, stableRequests, errors, oddsRatio) +
    logPartition(candidateRequests, stableRequests, errors, nullOddsRatio)
  );
}
