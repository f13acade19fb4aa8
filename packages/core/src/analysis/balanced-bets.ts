/** Values in [0, 1] with how often each occurred. */
export interface WeightedValues {
  values: ArrayLike<number>;
  counts: ArrayLike<number>;
}

/**
 * What a bet wants to show. `worse`: the candidate's mean is more than `margin` above stable's (null: at most).
 * `not_worse`: it is less than `margin` above (null: at least).
 */
export type BetClaim = "worse" | "not_worse";

export interface Bet {
  claim: BetClaim;
  /** Where stable's mean is expected, from earlier batches only; in [0.01, 0.99 − margin]. */
  centre: number;
  /** The difference that is tolerated, ≥ 0. */
  margin: number;
  /** How much of what can be staked without ruin is staked, in (0, 1). */
  fraction: number;
}

/**
 * Stakes per unit of deviation for the two arms, balanced so that n_c λ_c + n_s λ_s = 0: whatever moves both means
 * together cancels (B3, ANALYSIS §4.1). `sizeRatio` is n_c / n_s.
 */
export function balancedStakes(bet: Bet, sizeRatio: number): { candidate: number; stable: number } {
  const { claim, centre, fraction } = bet;
  const candidateCentre = centre + bet.margin;
  const candidate =
    claim === "worse"
      ? fraction * Math.min(1 / candidateCentre, 1 / (sizeRatio * (1 - centre)))
      : -fraction * Math.min(1 / (1 - candidateCentre), 1 / (sizeRatio * centre));
  return { candidate, stable: -sizeRatio * candidate };
}

/**
 * ln of the e-variable B3 for the means of values in [0, 1] (ANALYSIS §4.1); 0 when an arm is empty. Valid for any
 * split, any drift and any distribution, since E[S] ≤ exp(n_c λ_c (μ_c − μ_s − margin)). Betting on bounded means is
 * due to Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting" (JRSS-B 2023).
 */
export function logEBalanced(candidate: WeightedValues, stable: WeightedValues, bet: Bet): number {
  const candidates = total(candidate.counts);
  const stables = total(stable.counts);
  if (candidates === 0 || stables === 0) return 0;
  const stakes = balancedStakes(bet, candidates / stables);
  return logReturn(candidate, stakes.candidate, bet.centre + bet.margin) + logReturn(stable, stakes.stable, bet.centre);
}

function logReturn({ values, counts }: WeightedValues, stake: number, centre: number): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) {
    const count = counts[index] ?? 0;
    if (count > 0) sum += count * Math.log1p(stake * ((values[index] ?? Number.NaN) - centre));
  }
  return sum;
}

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < counts.length; index += 1) sum += counts[index] ?? 0;
  return sum;
}
