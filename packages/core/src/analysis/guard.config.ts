import type { Rollout } from "../rollout/rollout.ts";
import { isGatewayMetric } from "../strategy/analysis.schema.ts";
import type { GuardConfig, GuardMetric } from "./guard.types.ts";

/** The guards' part of a rollout's α (ANALYSIS §13); the rest belongs to the pooled judge and to monitoring. */
const GUARDS_PART = 0.4;

/**
 * How much slower is fine unless somebody says otherwise. A candidate with a small share of the traffic is colder than
 * stable: its code, its caches, its connections. That is a true difference of a millisecond or so and no reason to close.
 */
const TOLERANCE = { relative: 0.1, absoluteMs: 5 } as const;

/** Relative stakes of the metrics, fixed in advance (ANALYSIS §6.1); those in use are scaled to add up to 1. */
const STAKES: Readonly<Record<GuardMetric["name"], number>> = { error_rate: 5, latency: 3 };

/**
 * What the guards of a rollout are told, `gateways` (≥ 1) being the number that serve its route. Null without a stable
 * revision to compare with, or when the rollout wants no guard now. Depends on nothing that changes while a rollout
 * runs: evidence lives and dies with the hypothesis, so its terms are frozen at the start.
 */
export function guardConfigOf(rollout: Rollout, gateways: number): GuardConfig | null {
  const { desired, fromRevision, toRevision, strategy } = rollout;
  if (desired.guard === null || fromRevision === null || fromRevision === toRevision) return null;
  const { metrics, falseRollbackRate } = strategy.analysis;
  const watched = metrics.filter(isGatewayMetric);
  if (watched.length === 0) return null;
  const total = watched.reduce((sum, { name }) => sum + STAKES[name], 0);
  return {
    hypothesis: desired.guard,
    stable: fromRevision,
    candidate: toRevision,
    alpha: (GUARDS_PART * falseRollbackRate) / gateways,
    metrics: watched.map((asked) => {
      const { name } = asked;
      const share = STAKES[name] / total;
      if (name === "error_rate") return { name, share };
      const tolerance = asked.maxRelativeIncrease ?? TOLERANCE.relative;
      return { name, share, tolerance, toleranceMs: asked.maxIncreaseMs ?? TOLERANCE.absoluteMs };
    }),
    closes: strategy.autoRollback && strategy.onFailure === "rollback",
  };
}
