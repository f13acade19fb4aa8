/** Below this the series is exact to the last bits; above it the continued fraction is. */
const SERIES_END = 2.5;

/** Terms of the continued fraction, evaluated from the last one back. */
const FRACTION_TERMS = 120;

/**
 * 1 − erf(x), relative error below 2e-12: the series 2/√π e^(−x²) Σ 2^n x^(2n+1)/(2n+1)!! near 0, the continued fraction
 * of Laplace in the tail (Abramowitz & Stegun 7.1.6 and 7.1.14; ANALYSIS §9).
 */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (Math.abs(x) < SERIES_END) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n += 1) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  const positive = Math.abs(x);
  let fraction = positive;
  for (let n = FRACTION_TERMS; n >= 1; n -= 1) fraction = positive + n / 2 / fraction;
  const tail = Math.exp(-positive * positive) / (fraction * Math.sqrt(Math.PI));
  return x > 0 ? tail : 2 - tail;
}

/** Probability that a standard normal variable exceeds `z`. */
export const normalSf = (z: number): number => erfc(z / Math.SQRT2) / 2;

/** Coefficients of Acklam's rational approximation of the normal quantile, relative error 1.15e-9. */
const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

const LOWER_TAIL = 0.02425;

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

/** Quantile of the standard normal law at `p`: Acklam's approximation and two steps of Newton (ANALYSIS §9). ±∞ at 0 and 1. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  let z = approximateQuantile(p);
  for (let step = 0; step < 2; step += 1) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    z -= (normalSf(-z) - p) / density;
  }
  return z;
}

/** For 0 < p ≤ 1/2. */
function approximateQuantile(p: number): number {
  if (p < LOWER_TAIL) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(C, q) / polynomial(D, q);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(A, r) * q) / polynomial(B, r);
}
