/** ln Σ exp(values), without overflow; −∞ for no values, NaN when one is NaN. */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index += 1) largest = Math.max(largest, values[index] ?? Number.NaN);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += Math.exp((values[index] ?? Number.NaN) - largest);
  return largest + Math.log(sum);
}

/** ln(e^left + e^right), without overflow. */
export function logAddExp(left: number, right: number): number {
  if (left === right) return left + Math.LN2;
  return Math.max(left, right) + Math.log1p(Math.exp(-Math.abs(left - right)));
}
