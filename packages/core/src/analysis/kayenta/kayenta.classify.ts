import type { Classification } from "../comparison.types.ts";
import { normalQuantile } from "../normal.ts";
import { enoughPoints, rankSum } from "../rank-sum.ts";
import { hodgesLehmann, shiftInterval } from "../shift.ts";
import { rareEvents, rareEventsTest } from "../zero-baseline.ts";
import { cleanPoints, KAYENTA_OUTLIERS, meanOf, type Point, percentile, removeOutliers } from "./kayenta.clean.ts";
import { type KayentaInterval, kayentaInterval } from "./kayenta.interval.ts";
import { KAYENTA_DEFAULTS, type KayentaMend, type KayentaOptions } from "./kayenta.options.ts";

export interface KayentaResult {
  classification: Classification;
  /** A critical metric that failed beyond its critical thresholds, or has no data. */
  critical: boolean;
  /** Null when nothing had to be computed, or could not be. */
  interval: KayentaInterval | null;
  /** The effect size by the measure asked for; NaN where it is not defined. */
  effect: number;
  /** Why, when there is something to say. */
  reason: string;
}

/** Spread put on an arm that is one constant, as a part of it, so that ranks can be told apart. */
const NOISE = 1e-5;

/** The classification of one metric as NetflixACAJudge makes it (Kayenta, read in its sources), mended where asked for. */
export function kayentaClassify(
  control: readonly Point[],
  experiment: readonly Point[],
  options: KayentaOptions = KAYENTA_DEFAULTS,
): KayentaResult {
  const clean = (points: readonly Point[]): number[] => {
    const values = cleanPoints(points, options.nanStrategy);
    return options.removeOutliers ? removeOutliers(values, KAYENTA_OUTLIERS) : values;
  };
  const [y, x] = [clean(control), clean(experiment)];
  if (x.length === 0 || y.length === 0) return noData(options, x.length === 0 ? "candidate" : "control");
  if (options.classifier === "MeanInequality") return byMeans(x, y, options);
  const sorted = { x: Float64Array.from(x).sort(), y: Float64Array.from(y).sort() };
  const effect = effectOf(x, y, options);
  const same = sorted.x.length === sorted.y.length && sorted.x.every((value, index) => value === sorted.y[index]);
  if (same || new Set([...x, ...y]).size === 1) return { ...PASSED, effect, reason: "the samples are the same" };
  if (mends(options, "minimum-points") && !enoughPoints(x.length, y.length, options.confidence)) {
    const reason = `${x.length} and ${y.length} points are too few for a confidence of ${options.confidence}`;
    return { ...PASSED, classification: "Nodata", critical: options.critical, effect, reason };
  }
  return byShift(sorted, effect, options);
}

const PASSED: KayentaResult = {
  classification: "Pass",
  critical: false,
  interval: null,
  effect: Number.NaN,
  reason: "",
};

const mends = ({ mends: asked }: KayentaOptions, mend: KayentaMend): boolean => asked.includes(mend);

function noData(options: KayentaOptions, arm: string): KayentaResult {
  const reason = `the ${arm} has no data`;
  if (options.nanStrategy === "replace") return { ...PASSED, reason };
  const fails = options.mustHaveData && !options.critical;
  return { ...PASSED, classification: fails ? "NodataFailMetric" : "Nodata", critical: options.critical, reason };
}

function byMeans(x: readonly number[], y: readonly number[], options: KayentaOptions): KayentaResult {
  const [candidate, control] = [meanOf(x), meanOf(y)];
  const effect = candidate / control;
  if (options.direction !== "decrease" && candidate > control) return { ...PASSED, classification: "High", effect };
  if (options.direction !== "increase" && candidate < control) return { ...PASSED, classification: "Low", effect };
  return { ...PASSED, effect };
}

function byShift(
  { x, y }: { x: Float64Array; y: Float64Array },
  effect: number,
  options: KayentaOptions,
): KayentaResult {
  const constant = x[0] === x.at(-1) && y[0] === y.at(-1);
  const interval = intervalOf(constant ? spread(x) : x, constant ? spread(y) : y, options);
  if (interval === null) {
    const critical = options.critical && mends(options, "error-fails");
    return { ...PASSED, classification: "Error", critical, effect, reason: "all values are tied: no interval" };
  }
  const unit = mends(options, "relative-tolerance") ? percentile(Array.from(y), 50) : interval.estimate;
  const bound = options.tolerance * Math.abs(unit);
  const { allowedIncrease, allowedDecrease } = options.effect;
  const found = { ...PASSED, interval, effect };
  const larger = interval.low > bound || rarelyOff(x, y, "above", options);
  if (options.direction !== "decrease" && larger && !(effect < allowedIncrease)) {
    const critical = options.critical && !(effect < options.criticalThresholds.increase);
    return { ...found, classification: "High", critical, reason: "the candidate's values are larger" };
  }
  const smaller = interval.high < -bound || rarelyOff(x, y, "below", options);
  if (options.direction !== "increase" && smaller && !(effect > allowedDecrease)) {
    const critical = options.critical && !(effect > options.criticalThresholds.decrease);
    return { ...found, classification: "Low", critical, reason: "the candidate's values are smaller" };
  }
  return found;
}

function intervalOf(x: Float64Array, y: Float64Array, options: KayentaOptions): KayentaInterval | null {
  if (!mends(options, "exact-interval")) return kayentaInterval(x, y, options.confidence);
  return { ...shiftInterval(x, y, rankSum(x, y), options.confidence), estimate: hodgesLehmann(x, y) };
}

function rarelyOff(x: Float64Array, y: Float64Array, side: "above" | "below", options: KayentaOptions): boolean {
  if (!mends(options, "zero-baseline")) return false;
  const events = rareEvents(x, y, side);
  return events !== null && rareEventsTest(events) < errorRate(options);
}

/** What the confidence leaves for one side: all of it when only one is looked at. */
const errorRate = ({ confidence, direction }: KayentaOptions): number =>
  direction === "either" ? (1 - confidence) / 2 : 1 - confidence;

/**
 * Two arms that are one constant each, told apart by normal scores of a relative size of 1e-5. Kayenta draws them at random;
 * these are the same in every run, and the classification is not touched by which they are.
 */
const spread = (values: Float64Array): Float64Array =>
  values.map((value, index) => value * (1 + NOISE * normalQuantile((index + 0.5) / values.length))).sort();

/** Effect size of the candidate's values against the control's; NaN where a mean is 0, and then every threshold counts as met. */
export function effectOf(x: readonly number[], y: readonly number[], options: KayentaOptions): number {
  if (options.effect.measure === "cles") return commonLanguageEffect(x, y);
  return mends(options, "signed-effect") ? signedMeanRatio(x, y) : meanRatio(x, y);
}

export function meanRatio(x: readonly number[], y: readonly number[]): number {
  const [candidate, control] = [meanOf(x), meanOf(y)];
  return candidate === 0 || control === 0 ? Number.NaN : candidate / control;
}

/** 1 + the change of the mean as a part of the control's magnitude: above 1 when the candidate's mean is larger, also below 0. */
export function signedMeanRatio(x: readonly number[], y: readonly number[]): number {
  const [candidate, control] = [meanOf(x), meanOf(y)];
  return control === 0 ? Number.NaN : 1 + (candidate - control) / Math.abs(control);
}

/** Probability that a value of x is larger than one of y, ties counted half (McGraw & Wong, Psychol. Bull. 111, 1992). */
export function commonLanguageEffect(x: readonly number[], y: readonly number[]): number {
  const ranks = rankSum(Float64Array.from(x).sort(), Float64Array.from(y).sort());
  return ranks.u / (x.length * y.length);
}
