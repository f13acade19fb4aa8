import type { Rollout } from "./rollout.ts";

/**
 * A rollout whose target could not be asked for `outageMs` until now. Nobody knows what was there meanwhile, and nobody could do
 * anything about it: what was short or refused before gets the rest of its deadline, and the time counts as no other time does
 * during which a candidate is short (edge cases 35 and 42).
 */
export function afterOutage(rollout: Rollout, outageMs: number): Rollout {
  const { unavailableSince, refusedSince, pausedMs, stepPausedMs } = rollout;
  if (outageMs <= 0 || (unavailableSince === null && refusedSince === null)) return rollout;
  if (rollout.pausedAt !== null) return rollout;
  const short = unavailableSince === null ? 0 : outageMs;
  return {
    ...rollout,
    unavailableSince: unavailableSince === null ? null : unavailableSince + outageMs,
    refusedSince: refusedSince === null ? null : refusedSince + outageMs,
    pausedMs: pausedMs + short,
    stepPausedMs: stepPausedMs + short,
  };
}
