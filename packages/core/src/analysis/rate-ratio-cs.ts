import { bernoulliCs } from "./bernoulli-cs.ts";

/**
 * Confidence sequence for the ratio of the arms' error rates, at one constant share w of the traffic and constant rates
 * (ANALYSIS §2.7): that of the candidate's share θ of all errors, mapped by ρ = θ (1 − w) / ((1 − θ) w). For display.
 * Infinite above while every error was the candidate's.
 */
export function rateRatioCs(
  candidateErrors: number,
  errors: number,
  share: number,
  alpha: number,
): { low: number; high: number } {
  const { low, high } = bernoulliCs(candidateErrors, errors, alpha, 1, (1 - share) / share);
  const ratio = (theta: number): number =>
    theta >= 1 ? Number.POSITIVE_INFINITY : (theta * (1 - share)) / ((1 - theta) * share);
  return { low: ratio(low), high: ratio(high) };
}
