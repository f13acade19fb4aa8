import type { Instant } from "../time.ts";
import type { Rollout } from "./rollout.ts";

/** Look again this soon when something in the world is awaited: hints may be lost (ARCHITECTURE §2). */
export const RECHECK_MS = 1_000;
/** Look at least this often while a candidate runs, whatever is awaited. */
export const HEARTBEAT_MS = 10_000;

/** The moment at which the rollout's clocks stand: now, or when the pause began (edge cases 35, 36). */
export const clockAt = (rollout: Rollout, now: Instant): Instant =>
  rollout.pausedAt === null ? now : Math.min(rollout.pausedAt, now);

/** Milliseconds in the current phase, pauses excluded; never negative, even when the clock was set back. */
export const phaseElapsed = (rollout: Rollout, now: Instant): number =>
  Math.max(0, clockAt(rollout, now) - rollout.phaseStartedAt - rollout.pausedMs);

/** Milliseconds since the current step began, pauses and shortages of instances excluded; 0 before it begins. */
export function stepElapsed(rollout: Rollout, now: Instant): number {
  const startedAt = rollout.steps[rollout.step]?.startedAt ?? null;
  if (startedAt === null) return 0;
  return Math.max(0, clockAt(rollout, now) - startedAt - rollout.stepPausedMs);
}

/**
 * Ends a pause: every clock goes on where it stood. What ran out of time and stopped the rollout for that gets its whole time
 * anew: whoever resumes grants it.
 */
export function resumed(rollout: Rollout, now: Instant): Partial<Rollout> {
  const { pausedAt, heldWeight, failure, accepted, step, unavailableSince, phaseStartedAt, attempts } = rollout;
  if (pausedAt === null) return {};
  const pause = Math.max(0, now - pausedAt);
  const stepStartedAt = rollout.steps[rollout.step]?.startedAt ?? pausedAt;
  const anew = heldWeight === null ? null : (failure?.cause ?? null);
  // A shortage that begins anew is over for the clocks that it held up (see `endShortage`).
  const shortSince = anew === "availability" && unavailableSince !== null ? unavailableSince : pausedAt;
  const lost = (since: Instant): number => Math.max(0, pausedAt - Math.max(since, shortSince));
  return {
    pausedAt: null,
    heldWeight: null,
    accepted: anew === null ? accepted : [...accepted.filter((entry) => entry.cause !== anew), { cause: anew, step }],
    pausedMs: rollout.pausedMs + pause + lost(phaseStartedAt),
    stepPausedMs:
      anew === "approval" ? Math.max(0, now - stepStartedAt) : rollout.stepPausedMs + pause + lost(stepStartedAt),
    unavailableSince: unavailableSince === null ? null : anew === "availability" ? now : unavailableSince + pause,
    noDataSince: null,
    refusedSince: null,
    // Targets that were held go on, and those that failed are tried again.
    ...(rollout.waves === null ? {} : { attempts: { ...attempts, members: attempts.members + 1 } }),
  };
}
