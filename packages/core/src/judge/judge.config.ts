import { GUARDS_PART, STAKES, TOLERANCE, toleratedErrors } from "../analysis/guard.config.ts";
import { MONITORING_PARTS } from "../analysis/one-armed-judge.ts";
import { isReturnToStable, promotes } from "../rollout/course.ts";
import type { Rollout } from "../rollout/rollout.ts";
import {
  type GatewayMetricOptions,
  isGatewayMetric,
  type MetricOptions,
  type OutsideMetricOptions,
} from "../strategy/analysis.schema.ts";
import type { JudgeConfig, OutsideTerms, TrafficTerms } from "./judge.terms.ts";
import type { AlphaBudget } from "./judge.types.ts";

/** What the whole of monitoring without stable traffic may spend (ANALYSIS §13). */
const MONITORING_PART = MONITORING_PARTS.baseline + MONITORING_PARTS.process;

/** Stake of an outside metric unless somebody says otherwise (ANALYSIS §6.1). */
const OUTSIDE_STAKE = 0.2;

/** A metric that is compared and has a limit of its own stakes half on each. */
const HALF = 0.5;

/** A limit on latency without a quantile is one on the 99th percentile. */
const LIMITED_QUANTILE = 0.99;

/** What of the world decides about the terms, besides the rollout. */
export interface JudgedRoute {
  /** Whether callers are kept on one revision. */
  sticky: boolean;
  /** Whether the deployment has a route at all: without one no gateway counts anything. */
  routed: boolean;
  /** Who counts the traffic; only our gateways have a guard. Default: they do. */
  counts?: JudgeConfig["counts"];
}

/**
 * What the pooled judge of a rollout is told, to be kept from the rollout's beginning on. Null when there is nothing to
 * judge: a return to a revision that was promoted before is not analysed.
 */
export function judgeConfigOf(
  rollout: Rollout,
  { sticky, routed, counts = "gateway" }: JudgedRoute,
): JudgeConfig | null {
  if (isReturnToStable(rollout) || rollout.fastTrack) return null;
  const { fromRevision, toRevision, strategy, id } = rollout;
  const { metrics, minimumSamples, onNoData, onProviderError } = strategy.analysis;
  const compared = fromRevision !== null;
  const gateway = routed ? metrics.filter(isGatewayMetric) : [];
  const outside = metrics.filter((metric): metric is OutsideMetricOptions => !isGatewayMetric(metric));
  const traffic = gateway.flatMap((metric) => trafficTerms(metric, compared));
  const others = outside.flatMap((metric) => outsideTerms(metric, compared));
  const staked = [...traffic, ...others].reduce((sum, part) => sum + stakeOf(part), 0);
  const scaled = <Part extends TrafficTerms | OutsideTerms>(part: Part): Part =>
    "share" in part ? { ...part, share: part.share / staked } : part;
  return {
    hypothesis: id,
    stable: fromRevision,
    candidate: toRevision,
    startedAt: rollout.createdAt,
    budget: budgetOf(rollout, { counted: compared && gateway.length > 0, guarded: counts === "gateway" }),
    traffic: traffic.map(scaled),
    outside: others.map(scaled),
    nonInferiority: compared ? claimsOf(gateway, counts) : { errors: null, latency: null },
    sticky,
    minimumSamples,
    counts,
    onNoData,
    onProviderError,
  };
}

/**
 * How α is split (ANALYSIS §13): 0.4 for the guards, 0.4 for the pooled judge, 0.2 for monitoring a candidate that stands
 * alone. The pooled judge gets the guards' part when no guard judges (no route, no stable, no metric of the gateway, or a data plane
 * that is not ours), and monitoring's part when the candidate never stands alone under watch: no bake, a holdback, or a strategy that does not promote.
 */
function budgetOf(rollout: Rollout, { counted, guarded }: { counted: boolean; guarded: boolean }): AlphaBudget {
  const { analysis, monitoringSeconds, holdbackPercentage } = rollout.strategy;
  const total = analysis.falseRollbackRate;
  const alone = counted && promotes(rollout) && monitoringSeconds > 0 && holdbackPercentage === 0;
  const guards = counted && guarded ? GUARDS_PART * total : 0;
  const monitoring = alone ? MONITORING_PART * total : 0;
  return { total, guards, pooled: total - guards - monitoring, monitoring };
}

const stakeOf = (part: TrafficTerms | OutsideTerms): number => ("share" in part ? part.share : 0);

/** The parts of one metric, `share` being its stake before all are scaled to add up to 1. */
function trafficTerms(metric: GatewayMetricOptions, compared: boolean): TrafficTerms[] {
  const stake = metric.weight ?? STAKES[metric.name];
  const limited = metric.name === "error_rate" ? metric.maxErrorRate !== undefined : metric.maxLatencyMs !== undefined;
  const share = compared && limited ? stake * HALF : stake;
  return [...(compared ? [comparison(metric, share)] : []), ...(limited ? [limit(metric, share)] : [])];
}

function comparison(metric: GatewayMetricOptions, share: number): TrafficTerms {
  if (metric.name === "error_rate") return { kind: "errors", share, margin: toleratedErrors(metric) };
  const { tolerance, toleranceMs } = toleranceOf(metric);
  return { kind: "latency", share, tolerance, toleranceMs, quantile: metric.quantile ?? null };
}

function limit(metric: GatewayMetricOptions, share: number): TrafficTerms {
  if (metric.name === "error_rate") return { kind: "error_limit", share, limit: metric.maxErrorRate ?? 1 };
  const limitMs = metric.maxLatencyMs ?? Number.MAX_VALUE;
  return { kind: "latency_limit", share, limitMs, quantile: metric.quantile ?? LIMITED_QUANTILE };
}

const toleranceOf = (metric: Extract<GatewayMetricOptions, { name: "latency" }>) => ({
  tolerance: metric.maxRelativeIncrease ?? TOLERANCE.relative,
  toleranceMs: metric.maxIncreaseMs ?? TOLERANCE.absoluteMs,
});

/**
 * `min` and `max` without a judge are limits of the candidate alone, judged by evidence; with one, they are watched beside the
 * comparison. Without either, evaluations are compared as scores, everything else by ranks.
 */
function outsideTerms(metric: OutsideMetricOptions, compared: boolean): OutsideTerms[] {
  const { name, direction, tolerance, confidence, failureLimit, maxDecrease } = metric;
  const common = { name, source: metric.source.type };
  const [min, max] = [metric.min ?? null, metric.max ?? null];
  const limited = min !== null || max !== null;
  if (metric.judge === "threshold") return [{ kind: "threshold", ...common, min, max, failureLimit }];
  const stake = metric.weight ?? OUTSIDE_STAKE;
  const bounded = metric.judge === "balanced-bets" || (metric.judge === undefined && common.source === "evaluations");
  const asked = compared && (metric.judge !== undefined || !limited);
  const share = asked && limited ? stake * HALF : stake;
  const parts: OutsideTerms[] = [];
  if (asked && bounded) parts.push({ kind: "scores", ...common, share, maxDecrease: Math.min(maxDecrease, 0.9) });
  else if (asked && metric.mode === "kayenta") parts.push({ kind: "kayenta", ...common, direction, confidence });
  else if (asked) parts.push({ kind: "series", ...common, share, direction, tolerance, confidence });
  if (limited) parts.push({ kind: bounded ? "score_limit" : "series_limit", ...common, share, min, max });
  return parts;
}

/**
 * Latencies of Prometheus are as coarse as its buckets, and are read to the candidate's benefit: no claim that it is no slower can be shown
 * with those. A rollout that asked for that claim shows none, since the others alone are not what was asked for.
 */
function claimsOf(metrics: readonly MetricOptions[], counts: JudgeConfig["counts"]): JudgeConfig["nonInferiority"] {
  const errors = metrics.find((metric) => metric.name === "error_rate" && isGatewayMetric(metric));
  const latency = metrics.find((metric) => metric.name === "latency" && isGatewayMetric(metric));
  const margin = errors !== undefined && "nonInferiorityMargin" in errors ? errors.nonInferiorityMargin : undefined;
  const slower = latency !== undefined && isGatewayMetric(latency) && latency.name === "latency" ? latency : null;
  const tolerated = slower?.nonInferiority === true ? toleranceOf(slower) : null;
  if (tolerated !== null && counts === "prometheus") return { errors: null, latency: null };
  return {
    errors: margin === undefined ? null : Math.min(margin, 0.999),
    latency: tolerated && { relative: tolerated.tolerance, absoluteMs: tolerated.toleranceMs },
  };
}
