import { invalidField } from "../../errors.ts";
import type { Point } from "../kayenta/kayenta.clean.ts";
import { scoreVerdict, weightedScore } from "../kayenta/kayenta.score.ts";
import { COMPARE_DEFAULTS, type CompareOptions, type SeriesComparison } from "./compare.types.ts";
import { compareSeries } from "./compare-series.ts";
import { counted } from "./figure.ts";

/** Metrics by name, each with its points. */
export type MetricSeries = ReadonlyMap<string, readonly Point[]>;

export interface CompareMetricsOptions {
  /** For every metric. */
  common: Partial<CompareOptions>;
  /** For single metrics, on top of that. */
  perMetric: Readonly<Record<string, Partial<CompareOptions>>>;
  /** Each metric's part of the score in percent; those without divide what is left of 100. */
  weights: Readonly<Record<string, number>>;
  /** `kayenta` only: scores from which the whole passes, and is marginal. */
  thresholds: { pass: number; marginal: number };
}

export const COMPARE_METRICS_DEFAULTS: CompareMetricsOptions = {
  common: {},
  perMetric: {},
  weights: {},
  thresholds: { pass: 95, marginal: 75 },
};

export type ComparisonVerdict = "pass" | "marginal" | "worse" | "unknown";

export interface MetricsComparison {
  mode: CompareOptions["mode"];
  /**
   * `sluice`: worse when a metric is, unknown when none is and one has no data. `kayenta`: what the score says; unknown when no
   * metric has data.
   */
  verdict: ComparisonVerdict;
  /** 0 to 100: the weighted share of metrics that passed; null when none could be judged. */
  score: number | null;
  metrics: ({ name: string } & SeriesComparison)[];
  message: string;
}

/**
 * One look at several metrics (ANALYSIS §5). `sluice` shares the error rate among them, so that the promise is for the whole; Kayenta
 * gives each its own. A metric that one side lacks has no data. Throws `invalid_argument` for options out of range, or about metrics
 * that are not there.
 */
export function compareMetrics(
  control: MetricSeries,
  candidate: MetricSeries,
  changes: Partial<CompareMetricsOptions> = {},
): MetricsComparison {
  const { common, perMetric, weights, thresholds } = { ...COMPARE_METRICS_DEFAULTS, ...changes };
  const names = [...new Set([...control.keys(), ...candidate.keys()])];
  if (names.length === 0) throw invalidField("metrics", [], "at least one metric");
  checkNames("metric options", Object.keys(perMetric), names);
  checkWeights(weights, names);
  const { mode, comparisons } = { ...COMPARE_DEFAULTS, ...common };
  const metrics = names.map((name) => {
    const options = { ...common, comparisons: comparisons * names.length, ...perMetric[name] };
    return { name, ...compareSeries(control.get(name) ?? [], candidate.get(name) ?? [], options) };
  });
  const scored = weightedScore(
    metrics.map(({ name, classification, critical }) => ({ name, classification, critical, groups: [name] })),
    weights,
    common.mends ?? [],
  );
  const judged = metrics.filter(({ score }) => score !== null).length;
  const verdict = verdictOf(metrics, mode, judged, scored.score, thresholds);
  const score = judged === 0 ? null : scored.score;
  return { mode, verdict, score, metrics, message: describe(metrics, mode, verdict, score, scored.reason, thresholds) };
}

function verdictOf(
  metrics: MetricsComparison["metrics"],
  mode: CompareOptions["mode"],
  judged: number,
  score: number,
  thresholds: CompareMetricsOptions["thresholds"],
): ComparisonVerdict {
  if (mode === "sluice") {
    if (metrics.some(({ worse }) => worse)) return "worse";
    return judged < metrics.length ? "unknown" : "pass";
  }
  if (judged === 0 && !metrics.some(({ critical }) => critical)) return "unknown";
  const verdict = scoreVerdict(score, thresholds);
  return verdict === "Pass" ? "pass" : verdict === "Marginal" ? "marginal" : "worse";
}

function describe(
  metrics: MetricsComparison["metrics"],
  mode: CompareOptions["mode"],
  verdict: ComparisonVerdict,
  score: number | null,
  reason: string | null,
  { pass, marginal }: CompareMetricsOptions["thresholds"],
): string {
  const named = (kept: (metric: MetricsComparison["metrics"][number]) => boolean): string =>
    metrics
      .filter(kept)
      .map(({ name, classification }) => `${name} is ${classification}`)
      .join(", ");
  const failed = named(({ worse }) => worse);
  const silent = named(({ score: known }) => known === null);
  const details = [failed, silent].filter((text) => text !== "").join(", ");
  const all = counted(metrics.length, "metric");
  if (mode === "kayenta") {
    const why = reason === null ? "" : ` because ${reason}`;
    const seen = details === "" ? `all of ${all} passed` : `of ${all}, ${details}`;
    return `${capitalised(verdict)}: the score is ${score ?? 0}${why}, ${seen}; from ${pass} on it passes, from ${marginal} on it is marginal`;
  }
  if (verdict === "worse") return `Worse: of ${all}, ${details}; without that it would have passed`;
  if (verdict === "unknown") return `Unknown: of ${all}, ${details}; with more points of that it could be told`;
  return `Pass: of ${all}, none is worse; see each for what would have changed it`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function checkNames(field: string, asked: readonly string[], names: readonly string[]): void {
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalidField(field, unknown, `one of the metrics ${names.join(", ")}`);
}

function checkWeights(weights: Readonly<Record<string, number>>, names: readonly string[]): void {
  checkNames("weights", Object.keys(weights), names);
  for (const [name, weight] of Object.entries(weights)) {
    if (!(weight >= 0 && weight <= 100)) throw invalidField(`weights.${name}`, weight, "a percentage from 0 to 100");
  }
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  if (sum > 100 + 1e-9) throw invalidField("weights", sum, "percentages that add up to at most 100");
}
