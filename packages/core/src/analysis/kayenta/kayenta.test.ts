import { describe, expect, it } from "vitest";
import type { Classification, Direction, EffectMeasure } from "../comparison.types.ts";
import { normalQuantile } from "../normal.ts";
import { seeded } from "../traffic.testing.ts";
import vectors from "../vectors/kayenta.json" with { type: "json" };
import { commonLanguageEffect, effectOf, kayentaClassify } from "./kayenta.classify.ts";
import {
  cleanPoints,
  KAYENTA_OUTLIERS,
  markOutliers,
  type OutlierRule,
  type Point,
  percentile,
  removeOutliers,
  summarise,
} from "./kayenta.clean.ts";
import { kayentaInterval, wilcoxonDifference } from "./kayenta.interval.ts";
import { KAYENTA_DEFAULTS, type KayentaMend, type KayentaOptions } from "./kayenta.options.ts";
import { scoreVerdict, weightedScore } from "./kayenta.score.ts";
import { controlWindow, judgementWindow } from "./kayenta.windows.ts";

const points = (values: readonly (number | string)[]): Point[] =>
  values.map((value) => (typeof value === "string" ? Number.NaN : value));
const sorted = (values: readonly (number | string)[]): Float64Array => Float64Array.from(points(values), Number).sort();

type Case = (typeof vectors)["metric-classification"][number];

function optionsOf({ options: given }: Case): KayentaOptions {
  const effect = given.effectSizeThresholds;
  const critical = given.criticalThresholds;
  return {
    ...KAYENTA_DEFAULTS,
    classifier: given.classifier as KayentaOptions["classifier"],
    direction: given.direction as Direction,
    tolerance: given.tolerance ?? KAYENTA_DEFAULTS.tolerance,
    confidence: given.confLevel ?? KAYENTA_DEFAULTS.confidence,
    nanStrategy: given.nanStrategy as KayentaOptions["nanStrategy"],
    effect: {
      measure: (given.effectSizeMeasure ?? "meanRatio") as EffectMeasure,
      allowedIncrease: effect?.allowedIncrease ?? 1,
      allowedDecrease: effect?.allowedDecrease ?? 1,
    },
    criticalThresholds: { increase: critical?.criticalIncrease ?? 1, decrease: critical?.criticalDecrease ?? 1 },
    critical: given.isCriticalMetric,
    mustHaveData: given.isDataRequired,
  };
}

const classify = (vector: Case, mends: KayentaMend[] = []) =>
  kayentaClassify(points(vector.control), points(vector.experiment), { ...optionsOf(vector), mends });

describe("the classification of NetflixACAJudge", () => {
  it.each(vectors["metric-classification"])("$test", (vector) => {
    const found = classify(vector);
    const { expected } = vector;
    if (expected.classification !== undefined) expect(found.classification).toBe(expected.classification);
    if (expected.critical !== undefined) expect(found.critical).toBe(expected.critical);
    if (expected.reasonNotEmpty === true) expect(found.reason).not.toBe("");
    if (expected.deviation === "NaN") expect(found.effect).toBeNaN();
    if (expected.ciLow !== undefined) {
      expect(found.interval?.low).toBeCloseTo(expected.ciLow, 6);
      expect(found.interval?.high).toBeCloseTo(expected.ciHigh ?? Number.NaN, 6);
      expect(found.interval?.estimate).toBeCloseTo(expected.estimate ?? Number.NaN, 6);
    }
  });

  it.each(vectors["metric-classification"].filter(({ expected }) => expected.userWanted !== undefined))(
    "what users of Kayenta wanted is had by mending it: $test",
    (vector) => {
      const found = classify(vector, ["relative-tolerance", "exact-interval", "zero-baseline"]);
      expect(found.classification).toBe(vector.expected.userWanted);
    },
  );

  it.each(vectors["wilcoxon-diff"])("$test", ({ control, experiment, options, expected }) => {
    const found = wilcoxonDifference(sorted(experiment), sorted(control), options.mu, options.quantile);
    expect(Math.abs(found - expected.value)).toBeLessThanOrEqual(expected.abs_tol);
  });

  it.each(vectors["mann-whitney-ci"])("$test", ({ control, experiment, options, expected }) => {
    const found = kayentaInterval(sorted(experiment), sorted(control), options.confidenceLevel);
    expect(Math.abs((found?.low ?? Number.NaN) - expected.ciLow)).toBeLessThanOrEqual(expected.abs_tol);
    expect(Math.abs((found?.high ?? Number.NaN) - expected.ciHigh)).toBeLessThanOrEqual(expected.abs_tol);
    const tolerance = expected.estimate_abs_tol ?? expected.abs_tol;
    expect(Math.abs((found?.estimate ?? Number.NaN) - expected.estimate)).toBeLessThanOrEqual(tolerance);
  });

  it.each(vectors["mann-whitney-intermediate"])("$test", ({ control, experiment, options, expected }) => {
    const [x, y] = [sorted(experiment), sorted(control)];
    const [lowest, highest] = [(x[0] ?? 0) - (y.at(-1) ?? 0), (x.at(-1) ?? 0) - (y[0] ?? 0)];
    const z = normalQuantile(1 - (1 - options.confidenceLevel) / 2);
    const found = kayentaInterval(x, y, options.confidenceLevel);
    const pairs = [
      [lowest, expected.rMumin],
      [highest, expected.rMumax],
      [z, expected.rZqLower],
      [-z, expected.rZqUpper],
      [wilcoxonDifference(x, y, lowest, z), expected.rFlower1],
      [wilcoxonDifference(x, y, highest, z), expected.rFupper1],
      [wilcoxonDifference(x, y, lowest, -z), expected.rFlower2],
      [wilcoxonDifference(x, y, highest, -z), expected.rFupper2],
      [found?.low, expected.rCil],
      [found?.high, expected.rCiu],
      [found?.estimate, expected.rEst],
    ];
    for (const [value = Number.NaN, wanted = Number.NaN] of pairs) {
      expect(Math.abs(value - wanted)).toBeLessThanOrEqual(expected.abs_tol);
    }
  });

  it.each(vectors["normal-quantile"])("$test", ({ options, expected }) => {
    expect(Math.abs(normalQuantile(options.p) - expected.value)).toBeLessThanOrEqual(expected.abs_tol);
  });

  it.each(vectors["effect-size"])("$test", ({ control, experiment, options, expected }) => {
    const effect = { ...KAYENTA_DEFAULTS.effect, measure: options.measure as EffectMeasure };
    const found = effectOf(experiment, control, { ...KAYENTA_DEFAULTS, effect });
    if (expected.value === "NaN") expect(found).toBeNaN();
    else expect(Math.abs(found - Number(expected.value))).toBeLessThanOrEqual(expected.abs_tol ?? 1e-12);
  });
});

describe("the score of NetflixACAJudge", () => {
  const metricOf = (result: {
    name?: string;
    classification: string;
    groups?: string[];
    critical?: boolean;
    muted?: boolean;
  }) => ({
    name: result.name ?? "metric",
    classification: result.classification as Classification,
    groups: result.groups ?? ["all"],
    critical: result.critical ?? false,
    muted: result.muted ?? false,
  });

  it.each(vectors.score)("$test", ({ options, expected }) => {
    const found = weightedScore(options.metricResults.map(metricOf), options.groupWeights);
    expect(found.score).toBe(expected.summaryScore);
    if (expected.groupScores !== undefined)
      expect(found.groups.map(({ score }) => score)).toEqual(expected.groupScores);
  });

  it.each(vectors["aggregate-judgement"])("a score of $options.finalScore passes", ({ options, expected }) => {
    expect(scoreVerdict(options.finalScore, options) !== "Fail").toBe(expected.didPassThresholds);
  });

  it.each(vectors["integration-score"])("$test", ({ options, expected }) => {
    const { score } = weightedScore(options.metricResults.map(metricOf));
    if (expected.score !== undefined) expect(score).toBe(expected.score);
    expect(scoreVerdict(score, options) === "Pass").toBe(expected.didPass);
  });

  it("is marginal at the marginal threshold and fails below it", () => {
    const thresholds = { pass: 95, marginal: 75 };
    expect([96, 95, 75, 74].map((score) => scoreVerdict(score, thresholds))).toEqual([
      "Pass",
      "Pass",
      "Marginal",
      "Fail",
    ]);
  });

  it("is 0 when a critical metric failed, and says which", () => {
    const failed = { name: "errors", classification: "High", groups: ["a"], critical: true } as const;
    const passed = { name: "latency", classification: "Pass", groups: ["a"], critical: false } as const;
    expect(weightedScore([failed, passed])).toMatchObject({ score: 0, reason: "the critical metric errors failed" });
  });

  it("leaves out what could not be computed, unless that is mended", () => {
    const error = { name: "errors", classification: "Error", groups: ["a"], critical: false } as const;
    const passed = { name: "latency", classification: "Pass", groups: ["a"], critical: false } as const;
    expect(weightedScore([error, passed]).score).toBe(100);
    expect(weightedScore([error, passed], {}, ["error-fails"]).score).toBe(50);
  });
});

describe("the windows of Kayenta's judgements", () => {
  it.each(vectors["judgement-window"])("$test", ({ options, expected }) => {
    if (expected.windows_minutes_from_start === undefined) {
      const start = Date.parse(options.experimentStart ?? "");
      const offset = (options.controlOffsetInMinutes ?? 0) * 60_000;
      expect(controlWindow({ start, end: start }, offset).start).toBe(Date.parse(expected.controlStart ?? ""));
      return;
    }
    const { intervalMin = 0, beginAfterMins = 0, lookbackMins = 0 } = options;
    const schedule = { interval: intervalMin, beginAfter: beginAfterMins, lookback: lookbackMins };
    const found = expected.windows_minutes_from_start.map(({ n }) => ({ n, ...judgementWindow(schedule, n) }));
    expect(found).toEqual(expected.windows_minutes_from_start);
  });
});

describe("cleaning", () => {
  it.each(vectors["outlier-detection"])("$test", ({ experiment, options, expected }) => {
    expect(markOutliers(experiment, ruleOf(options))).toEqual(expected.outlier);
  });

  it.each(vectors.transform)("$test", ({ experiment, options, expected }) => {
    const values = points(experiment);
    if (options.op === "removeNaNs") expect(cleanPoints(values, "remove")).toEqual(expected.values);
    else if (options.op === "replaceNaNs")
      expect(cleanPoints(values, "replace", options.value)).toEqual(expected.values);
    else expect(removeOutliers(cleanPoints(values, "remove"), ruleOf(options))).toEqual(expected.values);
  });

  it.each(vectors["percentile-R7"])("$test", ({ experiment, options, expected }) => {
    expect(Math.abs(percentile(experiment, options.p) - expected.value)).toBeLessThanOrEqual(expected.abs_tol ?? 1e-9);
  });

  it.each(vectors["summary-stats"])("$test", ({ experiment, expected }) => {
    expect(summarise(experiment)).toMatchObject(expected);
  });

  it("keeps what lies between the first and the ninety-ninth percentile, however narrow the quartiles are", () => {
    const values = [...Array<number>(98).fill(1), 2, 3];
    expect(removeOutliers(values, KAYENTA_OUTLIERS)).toContain(2);
    expect(removeOutliers(values, { rule: "iqr", factor: 3, widened: false })).not.toContain(2);
  });

  it("treats null and infinity as points that are not there", () => {
    // edge case 26
    expect(cleanPoints([1, null, Number.POSITIVE_INFINITY, 2], "remove")).toEqual([1, 2]);
  });
});

describe("mending", () => {
  const mended = (
    control: number[],
    experiment: number[],
    mends: KayentaMend[],
    changes: Partial<KayentaOptions> = {},
  ) => kayentaClassify(control, experiment, { ...KAYENTA_DEFAULTS, ...changes, mends }).classification;
  const ramp = (length: number, from: number, step: number) =>
    Array.from({ length }, (_, index) => from + index * step);

  it("relative-tolerance lets a shift of a thousandth pass", () => {
    const [control, experiment] = [ramp(60, 100, 0.0001), ramp(60, 100.1, 0.0001)];
    expect(mended(control, experiment, [])).toBe("High");
    expect(mended(control, experiment, ["relative-tolerance"])).toBe("Pass");
  });

  it("exact-interval sees a doubling at a scale of 1e-5", () => {
    const random = seeded(5);
    const noisy = (median: number) => ramp(60, 0, 1).map(() => median * (0.7 + 0.6 * random()));
    const [control, experiment] = [noisy(1e-5), noisy(2e-5)];
    expect(mended(control, experiment, [])).toBe("Pass");
    expect(mended(control, experiment, ["exact-interval"])).toBe("High");
  });

  it("minimum-points does not judge two points a side", () => {
    expect(mended([1, 2], [3, 4], [])).toBe("High");
    expect(mended([1, 2], [3, 4], ["minimum-points"])).toBe("Nodata");
    expect(mended([1, 2, 3, 4, 5], [11, 12, 13, 14, 15], ["minimum-points"])).toBe("High");
  });

  it("zero-baseline sees errors in a third of the minutes against none", () => {
    const [control, experiment] = [
      Array<number>(60).fill(0),
      ramp(60, 0, 1).map((minute) => (minute % 3 === 0 ? 2 : 0)),
    ];
    expect(mended(control, experiment, [])).toBe("Pass");
    expect(mended(control, experiment, ["zero-baseline"])).toBe("High");
  });

  it("signed-effect sees a fall from −1 to −10", () => {
    const [control, experiment] = [ramp(30, -1, 0.001), ramp(30, -10, 0.001)];
    const effect = { measure: "meanRatio", allowedIncrease: 1.2, allowedDecrease: 0.8 } as const;
    expect(mended(control, experiment, [], { effect })).toBe("Pass");
    expect(mended(control, experiment, ["signed-effect"], { effect })).toBe("Low");
  });

  it("error-fails makes a critical metric fail that could not be computed", () => {
    const judge = (mends: KayentaMend[]) => kayentaClassify([1], [10], { ...KAYENTA_DEFAULTS, critical: true, mends });
    expect(judge([])).toMatchObject({ classification: "Error", critical: false });
    expect(judge(["error-fails"])).toMatchObject({ classification: "Error", critical: true });
  });

  it("demands data where it must be had", () => {
    const options = { ...KAYENTA_DEFAULTS, mustHaveData: true };
    expect(kayentaClassify([1, 2], [], options).classification).toBe("NodataFailMetric");
    expect(kayentaClassify([], [1], { ...options, nanStrategy: "replace" }).classification).toBe("Pass");
    expect(commonLanguageEffect([2], [1])).toBe(1);
  });
});

function ruleOf(options: { detector?: string; k?: number; factor?: number; reduceSensitivity?: boolean }): OutlierRule {
  if (options.detector === "KSigmaDetector") return { rule: "k-sigma", k: options.k ?? 3 };
  return { rule: "iqr", factor: options.factor ?? 3, widened: options.reduceSensitivity ?? false };
}
