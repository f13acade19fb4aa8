import { type Instant, seconds } from "../time.ts";
import { phaseElapsed } from "./clock.ts";
import { promotes, skipsChecks } from "./desired.ts";
import type { Rollout } from "./rollout.ts";

/** How long the bake of this rollout is, in seconds: none when stable keeps the traffic, for a way back, or when a person waived it. */
export const bakeSeconds = (rollout: Rollout): number =>
  !promotes(rollout) || skipsChecks(rollout) || rollout.promotedAt !== null ? 0 : rollout.strategy.monitoringSeconds;

/** Milliseconds of the bake that are left in `monitoring`; 0 when it is over. */
export const bakeLeft = (rollout: Rollout, now: Instant): number =>
  Math.max(0, seconds(bakeSeconds(rollout)) - phaseElapsed(rollout, now));
