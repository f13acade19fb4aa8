import type { Alert } from "./alert.ts";

/** Hears whatever rollouts find; no figure is watched. */
export const ANY_FAILURE = "any_failure";

type Unit = "time" | "percent" | "rate";

interface Metric {
  unit: Unit;
  alert: Alert;
  /** Which quantile of a latency; absent for anything else. */
  quantile?: number;
}

/** What a live deployment is watched for. Usage is that of its hungriest instance, in percent of the instance's limit. */
export const THRESHOLD_METRICS = {
  response_time: { unit: "time", alert: "performance_degradation", quantile: 0.95 },
  response_time_p50: { unit: "time", alert: "performance_degradation", quantile: 0.5 },
  response_time_p95: { unit: "time", alert: "performance_degradation", quantile: 0.95 },
  response_time_p99: { unit: "time", alert: "performance_degradation", quantile: 0.99 },
  error_rate: { unit: "percent", alert: "performance_degradation" },
  request_rate: { unit: "rate", alert: "performance_degradation" },
  cpu_usage: { unit: "percent", alert: "resource_exhaustion" },
  memory_usage: { unit: "percent", alert: "resource_exhaustion" },
} as const satisfies Record<string, Metric>;

export type ThresholdMetric = keyof typeof THRESHOLD_METRICS;

export const COMPARISON_SIGNS = [">=", "<=", ">", "<"] as const;
export type ComparisonSign = (typeof COMPARISON_SIGNS)[number];

export interface Threshold {
  metric: ThresholdMetric;
  sign: ComparisonSign;
  /** Milliseconds, percent, or requests a second. */
  limit: number;
}

/** What each unit may be written as, and what one of it is in the threshold's own. */
const SPELLINGS: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  time: { ms: 1, s: 1_000, m: 60_000 },
  percent: { "%": 1 },
  rate: { "/s": 1, "/m": 1 / 60 },
};

const FORM = /^\s*([a-z][a-z0-9_]*)\s*(>=|<=|>|<)\s*(\d{1,12}(?:\.\d{1,6})?)\s*(\S*)\s*$/;

/** A threshold such as `response_time > 2.0s`; or, as a text, what would have been allowed. */
export function parseThreshold(text: string, alert: Alert): Threshold | string {
  const names = metricsOf(alert);
  if (names.length === 0) return `${ANY_FAILURE}: no figure is watched for ${alert}`;
  const [, name, sign, digits, unit] = FORM.exec(text) ?? [];
  const metric = names.find((known) => known === name);
  const how = `${ANY_FAILURE}, or one of ${names.join(", ")}, one of ${COMPARISON_SIGNS.join(" ")}, and a number with its unit, such as ${exampleOf(alert)}`;
  if (metric === undefined) return how;
  const spellings = SPELLINGS[THRESHOLD_METRICS[metric].unit];
  const factor = Object.entries(spellings).find(([spelling]) => spelling === unit)?.[1];
  const known = COMPARISON_SIGNS.find((one) => one === sign);
  if (factor === undefined || known === undefined) {
    return `a number with one of the units ${Object.keys(spellings).join(", ")} for ${metric}, such as ${exampleOf(alert)}`;
  }
  const limit = Number(digits) * factor;
  if (metric === "error_rate" && limit > 100) return "an error_rate of 0% to 100%";
  return { metric, sign: known, limit };
}

const exampleOf = (alert: Alert): string =>
  alert === "resource_exhaustion" ? '"cpu_usage > 90%"' : '"response_time > 2.0s"';

export const metricsOf = (alert: Alert): ThresholdMetric[] =>
  metricNames.filter((name) => THRESHOLD_METRICS[name].alert === alert);

const isMetric = (name: string): name is ThresholdMetric => Object.hasOwn(THRESHOLD_METRICS, name);
const metricNames = Object.keys(THRESHOLD_METRICS).filter(isMetric);

/** A figure as people read it: `2.31 s`, `95 %`, `12.5 /s`. */
export function describeFigure(metric: ThresholdMetric, value: number): string {
  const { unit } = THRESHOLD_METRICS[metric];
  const short = (number: number): string => String(Number(number.toPrecision(3)));
  if (unit === "time") return value >= 1_000 ? `${short(value / 1_000)} s` : `${short(value)} ms`;
  return unit === "percent" ? `${short(value)} %` : `${short(value)} /s`;
}
