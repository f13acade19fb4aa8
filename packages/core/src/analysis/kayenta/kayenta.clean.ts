/** A point of a series as it comes from outside: null and NaN mean that there was none. */
export type Point = number | null;

/** What becomes of points that are no numbers: left out, or counted as 0. */
export type NanStrategy = "remove" | "replace";

/** Points that are finite numbers; the others as the strategy says (edge case 26: never judged as they are). */
export function cleanPoints(points: readonly Point[], strategy: NanStrategy, replacement = 0): number[] {
  const finite = (point: Point): point is number => point !== null && Number.isFinite(point);
  return strategy === "remove" ? points.filter(finite) : points.map((point) => (finite(point) ? point : replacement));
}

export interface Summary {
  min: number;
  max: number;
  mean: number;
  median: number;
  /** Of the sample (n − 1); 0 for a single value. */
  std: number;
  count: number;
}

/** All zero without values, as Kayenta has it. */
export function summarise(values: readonly number[]): Summary {
  const count = values.length;
  if (count === 0) return { min: 0, max: 0, mean: 0, median: 0, std: 0, count };
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sorted = Float64Array.from(values).sort();
  return {
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    mean,
    median: percentile(values, 50),
    std: count > 1 ? Math.sqrt(squares / (count - 1)) : 0,
    count,
  };
}

/** NaN without values. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The `p`-th percentile (0 to 100) with linear interpolation: R's type 7. NaN without values. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = ((sorted.length - 1) * p) / 100;
  const below = Math.floor(place);
  const [low = Number.NaN, high = low] = [sorted[below], sorted[below + 1]];
  return low + (place - below) * (high - low);
}

export type OutlierRule =
  /** Further than `k` standard deviations from the mean. */
  | { rule: "k-sigma"; k: number }
  /** Outside the quartiles by more than `factor` times their distance; `widened` never marks what lies between p1 and p99. */
  | { rule: "iqr"; factor: number; widened: boolean };

/** What Kayenta removes when told to remove outliers. Its documentation does not mention that the fences are widened. */
export const KAYENTA_OUTLIERS: OutlierRule = { rule: "iqr", factor: 3, widened: true };

/** Which of the values are outliers. */
export function markOutliers(values: readonly number[], rule: OutlierRule): boolean[] {
  if (values.length === 0) return [];
  if (rule.rule === "k-sigma") {
    const { mean, std } = summarise(values);
    return values.map((value) => Math.abs(value - mean) > std * rule.k);
  }
  const [first, third] = [percentile(values, 25), percentile(values, 75)];
  const reach = rule.factor * (third - first);
  const low = rule.widened ? Math.min(percentile(values, 1), first - reach) : first - reach;
  const high = rule.widened ? Math.max(percentile(values, 99), third + reach) : third + reach;
  return values.map((value) => value < low || value > high);
}

export function removeOutliers(values: readonly number[], rule: OutlierRule): number[] {
  const outliers = markOutliers(values, rule);
  return values.filter((_, index) => outliers[index] !== true);
}
