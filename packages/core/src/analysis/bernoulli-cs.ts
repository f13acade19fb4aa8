import { logBeta } from "./log-gamma.ts";

/** `count · ln(p)`, with 0 · ln 0 = 0. */
const timesLog = (count: number, p: number): number => (count === 0 ? 0 : count * Math.log(p));

/**
 * ln of the mixture over Beta(a, b) of likelihood ratios against the rate `rate`, after `successes` of `trials`
 * (Robbins' beta-binomial mixture; ANALYSIS §2.2).
 */
export function logEBetaBinomial(successes: number, trials: number, rate: number, a = 1, b = 1): number {
  const failures = trials - successes;
  const logMixture = logBeta(a + successes, b + failures) - logBeta(a, b);
  return logMixture - timesLog(successes, rate) - timesLog(failures, 1 - rate);
}

/**
 * Confidence sequence for a constant rate: the interval misses it at any time, ever, with probability at most `alpha`
 * (ANALYSIS §2.7). For display; decisions use the e-processes. `trials` = 0 gives [0, 1]. The prior Beta(a, b) makes it
 * narrow near its mean.
 */
export function bernoulliCs(
  successes: number,
  trials: number,
  alpha: number,
  a = 1,
  b = 1,
): { low: number; high: number } {
  if (trials === 0) return { low: 0, high: 1 };
  const estimate = successes / trials;
  const bound = Math.log(1 / alpha);
  const excluded = (rate: number): boolean => logEBetaBinomial(successes, trials, rate, a, b) >= bound;
  return {
    low: successes === 0 ? 0 : border(estimate, 0, excluded),
    high: successes === trials ? 1 : border(estimate, 1, excluded),
  };
}

/** Bisects between a rate that is inside the set and one that is not, down to neighbouring numbers. */
function border(inside: number, outside: number, excluded: (rate: number) => boolean): number {
  let [kept, lost] = [inside, outside];
  for (let middle = (kept + lost) / 2; middle !== kept && middle !== lost; middle = (kept + lost) / 2) {
    if (excluded(middle)) lost = middle;
    else kept = middle;
  }
  return lost;
}
