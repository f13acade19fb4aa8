import {
  estimatedCompletion,
  type Instant,
  isTerminal,
  NOTHING_STARTED,
  percentFromWeight,
  progressPercentage,
  type Rollout,
  type StepState,
  stepElapsed,
  weightOf,
} from "@sluice/core";
import { timestamp } from "./timestamp.ts";

/** The message `RolloutProgress`. */
export function rolloutProgress(rollout: Rollout, now: Instant) {
  // Steps that a promote waived do not count; those that a return cut off were not reached.
  const counts = ({ status }: StepState): boolean => status !== "skipped" || rollout.returningTo !== null;
  const shifts = rollout.steps.filter((step) => shareOf(step) !== null && counts(step));
  const started = rollout.steps.find(({ startedAt }) => startedAt !== null)?.startedAt ?? null;
  return {
    current_percentage: currentPercentage(rollout),
    target_percentage: targetPercentage(rollout),
    current_step: shifts.filter(({ status }) => status === "done").length,
    total_steps: shifts.length,
    started_at: timestamp(started),
    next_increment_at: timestamp(nextIncrementAt(rollout, now)),
    estimated_completion_at: timestamp(estimatedCompletion(rollout, now)),
    progress_percentage: progressPercentage(rollout, now),
    paused: rollout.pausedAt !== null,
  };
}

/** Percent of the traffic that the step gives the candidate; null for a step that moves none. */
function shareOf(step: StepState): number | null {
  if (step.type === "switch") return 100;
  return step.type === "setWeight" ? percentFromWeight(step.weight) : null;
}

/** Percent of the traffic that the new version has: as the data plane is told, or as the steps say where there is none. */
export function currentPercentage(rollout: Rollout): number {
  const { phase, desired, steps, toRevision } = rollout;
  if (phase === "completed") return lastShare(steps) ?? 100;
  if (isTerminal(phase) || NOTHING_STARTED.includes(phase)) return 0;
  if (desired.split !== null) return percentFromWeight(weightOf(desired.split, toRevision));
  return phase === "rolling_back" ? 0 : (lastShare(steps) ?? 0);
}

function lastShare(steps: readonly StepState[]): number | null {
  const reached = steps.filter(({ status }) => status === "done" || status === "running");
  return reached.flatMap((step) => shareOf(step) ?? []).at(-1) ?? null;
}

function targetPercentage(rollout: Rollout): number {
  const next = nextShift(rollout);
  return next === null ? currentPercentage(rollout) : (shareOf(next) ?? 0);
}

function nextShift({ phase, steps, step }: Rollout): StepState | null {
  if (isTerminal(phase) || phase === "rolling_back") return null;
  return steps.slice(step).find((ahead) => shareOf(ahead) !== null) ?? null;
}

/** When the wait before the next shift is over. Null where nothing is shifted after it, or somebody must act first. */
function nextIncrementAt(rollout: Rollout, now: Instant): Instant | null {
  const { phase, pausedAt, steps, step } = rollout;
  const current = steps[step];
  if (phase !== "shifting" || pausedAt !== null || current === undefined || nextShift(rollout) === null) return null;
  if (!("seconds" in current)) return null;
  const left = current.seconds * 1_000 - stepElapsed(rollout, now);
  return left > 0 ? now + left : null;
}
