import { invalidField } from "../../errors.ts";
import type { Classification } from "../comparison.types.ts";
import { kayentaClassify, meanRatio } from "../kayenta/kayenta.classify.ts";
import { cleanPoints, meanOf, type Point, percentile } from "../kayenta/kayenta.clean.ts";
import { KAYENTA_DEFAULTS, type KayentaOptions } from "../kayenta/kayenta.options.ts";
import { mannWhitney } from "../mann-whitney.ts";
import { enoughPoints, rankSum, rankSumFrequencies } from "../rank-sum.ts";
import { intervalRank } from "../shift.ts";
import { rareEvents, rareEventsTest } from "../zero-baseline.ts";
import { COMPARE_DEFAULTS, type CompareOptions, type SeriesComparison } from "./compare.types.ts";
import { describeComparison, type Finding } from "./describe.comparison.ts";

/** Above this many pairs the normal approximation of the interval is as good as counting. */
const LARGEST_EXACT = 1_000;

/**
 * One look at a metric's points from both arms (ANALYSIS §5). `sluice`: `High` when the confidence interval of the shift lies
 * above `tolerance` times the control's median, `Low` likewise below. A metric that is mostly one value (rare errors) is also
 * compared by how often it is not. Too few points for the confidence asked for are `Nodata`, never a verdict. Repeated looks at growing data
 * need `comparisons`; to watch continuously use the e-processes. Throws `invalid_argument` for options out of range.
 */
export function compareSeries(
  control: readonly Point[],
  candidate: readonly Point[],
  changes: Partial<CompareOptions> = {},
): SeriesComparison {
  const options = checkOptions({ ...COMPARE_DEFAULTS, ...changes });
  const [y, x] = [cleanPoints(control, options.nan), cleanPoints(candidate, options.nan)];
  const finding = options.mode === "sluice" ? judge(x, y, options) : judgeAsKayenta(control, candidate, x, y, options);
  const { classification } = finding;
  const failed = ["High", "Low", "NodataFailMetric"].includes(classification);
  const unknown = classification === "Nodata" || classification === "Error";
  const both = x.length > 0 && y.length > 0;
  const ranks = both ? mannWhitney(x, y, levelOf(options)) : null;
  const median = both ? { control: percentile(y, 50), candidate: percentile(x, 50) } : null;
  const ratio = both ? meanRatio(x, y) : Number.NaN;
  const result = {
    classification,
    worse: failed,
    critical: finding.critical,
    score: unknown ? null : failed ? (0 as const) : (100 as const),
    mode: options.mode,
    direction: options.direction,
    tolerance: options.tolerance,
    confidence: levelOf(options),
    samples: { control: y.length, candidate: x.length },
    dropped: { control: dropped(control), candidate: dropped(candidate) },
    mean: both ? { control: meanOf(y), candidate: meanOf(x) } : null,
    median,
    shift:
      ranks === null || median === null
        ? null
        : {
            estimate: finding.interval?.estimate ?? ranks.shift,
            tolerated: finding.tolerated,
            share: median.control === 0 ? null : ranks.shift / Math.abs(median.control),
          },
    interval: finding.interval && {
      attained: options.mode === "sluice" ? attained(x, y, levelOf(options)) : null,
      low: finding.interval.low,
      high: finding.interval.high,
    },
    effect: { meanRatio: Number.isNaN(ratio) ? null : ratio, cles: ranks?.cles ?? null },
    pValue: ranks && { value: ranks.test.twoSided, exact: ranks.test.exact },
  };
  return { ...result, message: describeComparison(result, finding) };
}

const dropped = (points: readonly Point[]): number => points.length - cleanPoints(points, "remove").length;

const levelOf = ({ mode, confidence, comparisons }: CompareOptions): number =>
  mode === "sluice" ? 1 - (1 - confidence) / comparisons : confidence;

function judge(x: readonly number[], y: readonly number[], options: CompareOptions): Finding {
  const level = levelOf(options);
  const found = (classification: Classification, rest: Partial<Finding> = {}): Finding => ({
    classification,
    critical: false,
    interval: null,
    tolerated: 0,
    reason: null,
    ...rest,
  });
  if (x.length === 0 || y.length === 0) return found("Nodata");
  const sorted = { x: Float64Array.from(x).sort(), y: Float64Array.from(y).sort() };
  const tolerated = options.tolerance * Math.abs(percentile(y, 50));
  const ranks = mannWhitney(x, y, level);
  const interval = { ...ranks.interval, estimate: ranks.shift };
  const seen = { interval, tolerated };
  const same = x.length === y.length && sorted.x.every((value, index) => value === sorted.y[index]);
  if (same || ranks.sigma === 0) return found("Pass", { ...seen, reason: "same" });
  if (!enoughPoints(x.length, y.length, level)) return found("Nodata", { tolerated, reason: "few" });
  const rare = (side: "above" | "below") => rarelyOff(sorted, side, tolerated, options);
  if (options.direction !== "decrease") {
    if (interval.low > tolerated) return found("High", seen);
    if (rare("above")) return found("High", { ...seen, reason: "rare" });
  }
  if (options.direction !== "increase") {
    if (interval.high < -tolerated) return found("Low", seen);
    if (rare("below")) return found("Low", { ...seen, reason: "rare" });
  }
  return found("Pass", seen);
}

/** Whether a metric that is mostly one value is off it more often in the candidate, and by more than the tolerance on average. */
function rarelyOff(
  { x, y }: { x: Float64Array; y: Float64Array },
  side: "above" | "below",
  tolerated: number,
  options: CompareOptions,
): boolean {
  const difference = meanOf(Array.from(x)) - meanOf(Array.from(y));
  if ((side === "above" ? difference : -difference) <= tolerated) return false;
  const events = rareEvents(x, y, side);
  const errorRate = (1 - levelOf(options)) / (options.direction === "either" ? 2 : 1);
  return events !== null && rareEventsTest(events) < errorRate;
}

function judgeAsKayenta(
  control: readonly Point[],
  candidate: readonly Point[],
  x: readonly number[],
  y: readonly number[],
  options: CompareOptions,
): Finding {
  const told: KayentaOptions = {
    ...KAYENTA_DEFAULTS,
    ...options.kayenta,
    direction: options.direction,
    tolerance: options.tolerance,
    confidence: options.confidence,
    nanStrategy: options.nan,
    mends: options.mends,
  };
  const { classification, critical, interval, reason } = kayentaClassify(control, candidate, told);
  const unit =
    x.length > 0 && y.length > 0 && options.mends.includes("relative-tolerance")
      ? percentile(y, 50)
      : (interval?.estimate ?? 0);
  const tolerated = options.tolerance * Math.abs(unit);
  return { classification, critical, interval, tolerated, reason: reason === "" ? null : { text: reason } };
}

/** How sure the interval really is, counted over all orders of the points; null with ties or many points. */
function attained(x: readonly number[], y: readonly number[], level: number): number | null {
  const ranks = rankSum(Float64Array.from(x).sort(), Float64Array.from(y).sort());
  if (ranks.tied || x.length * y.length > LARGEST_EXACT) return null;
  const frequencies = rankSumFrequencies(x.length, y.length);
  const total = frequencies.reduce((sum, count) => sum + count, 0);
  const outside = frequencies.slice(0, intervalRank(ranks, level)).reduce((sum, count) => sum + count, 0);
  return 1 - (2 * outside) / total;
}

function checkOptions(options: CompareOptions): CompareOptions {
  const { confidence, tolerance, comparisons } = options;
  if (!(confidence > 0.5 && confidence < 1))
    throw invalidField("confidence", confidence, "a number above 0.5 and below 1");
  if (!(tolerance >= 0 && tolerance <= 10)) throw invalidField("tolerance", tolerance, "a share from 0 to 10");
  if (!(Number.isInteger(comparisons) && comparisons >= 1 && comparisons <= 1_000_000))
    throw invalidField("comparisons", comparisons, "a whole number from 1 to 1000000");
  return options;
}
