import { type Instant, seconds } from "../time.ts";
import { type Weight, weightFromPercent } from "../traffic/split.ts";
import { phaseElapsed } from "./clock.ts";
import { isReturnToStable, promotes, skipsChecks } from "./course.ts";
import type { Rollout } from "./rollout.ts";

/**
 * How long the bake of this rollout is, in seconds: none when stable keeps the traffic, for a way back, when it was waived, or
 * where each target bakes by itself.
 */
export const bakeSeconds = (rollout: Rollout): number =>
  rollout.waves !== null || !promotes(rollout) || skipsChecks(rollout) || rollout.promotedAt !== null
    ? 0
    : rollout.strategy.monitoringSeconds;

/** Milliseconds of the bake that are left in `monitoring`; 0 when it is over. */
export const bakeLeft = (rollout: Rollout, now: Instant): number =>
  Math.max(0, seconds(bakeSeconds(rollout)) - phaseElapsed(rollout, now));

/**
 * The share that stable keeps while the candidate is monitored, so that there is something to compare with. The last step
 * leaves it already, so that no caller is moved there and back; it goes when the bake is over. 0 without a bake.
 */
export function holdbackWeight(rollout: Rollout, now: Instant): Weight {
  const { fromRevision, phase, strategy } = rollout;
  if (fromRevision === null || isReturnToStable(rollout) || bakeSeconds(rollout) === 0) return 0;
  const over = phase === "monitoring" && bakeLeft(rollout, now) === 0;
  return over ? 0 : weightFromPercent(strategy.holdbackPercentage);
}
