export interface RootAccuracy {
  /** How near to the root the search ends, in the unit of x. */
  absolute: number;
  /** Steps, at most. */
  steps: number;
}

type Point = readonly [x: number, value: number];

/**
 * A root of `f` in [low, high] by Brent's method (R. Brent, "Algorithms for Minimization without Derivatives", 1973, ch. 4)
 * in the steps of R's `uniroot`, which start from both ends. The steps matter: the functions that this is used for jump, so
 * where exactly the search ends is the answer. Null when nothing brackets a root, `f` is not a number, or the steps run out.
 */
export function brentRoot(
  f: (x: number) => number,
  low: number,
  high: number,
  { absolute, steps }: RootAccuracy,
): number | null {
  const at = (x: number): Point => [x, f(x)];
  // As in the book: b is the best guess, a the one before, and the root lies between b and c.
  let [a, b] = [at(low), at(high)];
  let c = a;
  if (a[1] === 0) return low;
  if (b[1] === 0) return high;
  if (!(a[1] * b[1] < 0)) return null;
  for (let count = 0; count < steps; count += 1) {
    const last = b[0] - a[0];
    if (Math.abs(c[1]) < Math.abs(b[1])) [a, b, c] = [b, c, b];
    const tolerance = 2 * Number.EPSILON * Math.abs(b[0]) + absolute / 2;
    const half = (c[0] - b[0]) / 2;
    if (Math.abs(half) <= tolerance || b[1] === 0) return b[0];
    const promising = Math.abs(last) >= tolerance && Math.abs(a[1]) > Math.abs(b[1]);
    const step = (promising ? interpolated(a, b, c, tolerance, last) : null) ?? half;
    const least = step > 0 ? tolerance : -tolerance;
    a = b;
    b = at(b[0] + (Math.abs(step) < tolerance ? least : step));
    if (Number.isNaN(b[1])) return null;
    if ((b[1] > 0 && c[1] > 0) || (b[1] < 0 && c[1] < 0)) c = a;
  }
  return null;
}

/**
 * The next step by inverse quadratic interpolation, or by the secant while there are only two points; null unless it stays well
 * inside the bracket and shrinks faster than halving did.
 */
function interpolated(a: Point, b: Point, c: Point, tolerance: number, last: number): number | null {
  const distance = c[0] - b[0];
  const s = b[1] / a[1];
  let [numerator, denominator] = [distance * s, 1 - s];
  if (a[0] !== c[0]) {
    const [q, r] = [a[1] / c[1], b[1] / c[1]];
    numerator = s * (distance * q * (q - r) - (b[0] - a[0]) * (r - 1));
    denominator = (q - 1) * (r - 1) * (s - 1);
  }
  if (numerator > 0) denominator = -denominator;
  else numerator = -numerator;
  const inside = numerator < 0.75 * distance * denominator - Math.abs(tolerance * denominator) / 2;
  return inside && numerator < Math.abs((last * denominator) / 2) ? numerator / denominator : null;
}
