const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** B_2k / (2k (2k − 1)) of Stirling's series (Abramowitz & Stegun 6.1.41), k = 1…6. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360];

/** From here on six terms of the series are exact to the last bit or two. */
const STIRLING_FROM = 12;

/**
 * ln Γ(x) for x > 0, within 1e-15 of max(1, |ln Γ(x)|) or so: Stirling's series above 12, reached from below by
 * Γ(x) = Γ(x + n) / (x (x + 1) … (x + n − 1)). Thirty lines instead of the 165 packages that the usual library brings.
 */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < STIRLING_FROM) {
    product *= shifted;
    shifted += 1;
  }
  const inverseSquare = 1 / (shifted * shifted);
  let series = 0;
  for (let term = STIRLING.length - 1; term >= 0; term -= 1) series = series * inverseSquare + (STIRLING[term] ?? 0);
  return (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI + series / shifted - Math.log(product);
}

/** ln B(a, b) for a, b > 0. */
export const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Most batches are small: ln n! of what fits here is looked up. */
const LOG_FACTORIALS = Float64Array.from({ length: 4096 }, (_, n) => logGamma(n + 1));

/** ln n! for a whole n ≥ 0. */
export const logFactorial = (n: number): number => LOG_FACTORIALS[n] ?? logGamma(n + 1);

/** ln of the number of ways to choose `k` of `n`, 0 ≤ k ≤ n. */
export const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);
