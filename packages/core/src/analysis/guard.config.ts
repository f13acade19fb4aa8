import type { Rollout } from "../rollout/rollout.ts";
import { failureMode } from "../rollout/way-back.ts";
import { type GatewayMetricOptions, isGatewayMetric } from "../strategy/analysis.schema.ts";
import type { GuardConfig, GuardMetric } from "./guard.types.ts";
import type { Margin } from "./margin.ts";

type ErrorRateOptions = Extract<GatewayMetricOptions, { name: "error_rate" }>;

/** The guards' part of a rollout's α (ANALYSIS §13); the rest belongs to the pooled judge and to monitoring. */
export const GUARDS_PART = 0.4;

/**
 * How much slower is fine unless somebody says otherwise. A candidate with a small share of the traffic is colder than
 * stable: its code, its caches, its connections. That is a true difference of a millisecond or so and no reason to close.
 */
export const TOLERANCE = { relative: 0.1, absoluteMs: 5 } as const;

/** Stakes of the metrics unless somebody says otherwise, fixed in advance (ANALYSIS §6.1); those in use are scaled to add up to 1. */
export const STAKES: Readonly<Record<GuardMetric["name"], number>> = { error_rate: 0.5, latency: 0.3 };

/**
 * What the guards of a rollout are told, `gateways` (≥ 1) being the number that serve its route. Null without a stable
 * revision to compare with, or when the rollout wants no guard now. Without a metric that a guard can judge it still
 * counts, for those who judge elsewhere, and never closes. Depends on nothing that changes while a rollout
 * runs: evidence lives and dies with the hypothesis, so its terms are frozen at the start.
 */
export function guardConfigOf(rollout: Rollout, gateways: number): GuardConfig | null {
  const { desired, fromRevision, toRevision, strategy } = rollout;
  if (desired.guard === null || fromRevision === null || fromRevision === toRevision) return null;
  const { metrics, falseRollbackRate } = strategy.analysis;
  const watched = metrics.filter(isGatewayMetric);
  const total = watched.reduce((sum, asked) => sum + stakeOf(asked), 0);
  return {
    hypothesis: desired.guard,
    stable: fromRevision,
    candidate: toRevision,
    alpha: (GUARDS_PART * falseRollbackRate) / gateways,
    metrics: watched.map((asked) => guardMetric(asked, stakeOf(asked) / total)),
    // A guard must not send everybody to code that the data is too new for.
    closes: watched.length > 0 && failureMode(rollout) === "rollback",
  };
}

/** How many more errors are fine; null when none are. */
export function toleratedErrors({ maxIncrease = 0, maxRelativeIncrease = 0 }: ErrorRateOptions): Margin | null {
  if (maxIncrease === 0 && maxRelativeIncrease === 0) return null;
  // A candidate may fail altogether by this margin; the arithmetic wants it a hair below.
  return { difference: Math.min(maxIncrease, 0.999), ratio: 1 + maxRelativeIncrease };
}

const stakeOf = ({ name, weight }: GatewayMetricOptions): number => weight ?? STAKES[name];

function guardMetric(asked: GatewayMetricOptions, share: number): GuardMetric {
  if (asked.name === "error_rate") {
    const margin = toleratedErrors(asked);
    return { name: asked.name, share, ...(margin !== null && { margin }) };
  }
  const { name, quantile, maxRelativeIncrease, maxIncreaseMs } = asked;
  return {
    name,
    share,
    tolerance: maxRelativeIncrease ?? TOLERANCE.relative,
    toleranceMs: maxIncreaseMs ?? TOLERANCE.absoluteMs,
    ...(quantile !== undefined && { quantile }),
  };
}
