import type { Step } from "../strategy/strategy.types.ts";
import { type Instant, seconds } from "../time.ts";
import { bakeLeft, bakeSeconds } from "./bake.ts";
import { stepElapsed } from "./clock.ts";
import { FORWARD_PHASES, isTerminal, type Phase } from "./phase.ts";
import type { Rollout } from "./rollout.ts";

/** What the expected time adds to the shortest: instances that come up, and a change that is seen at the data plane. */
const EXPECTED_START_SECONDS = 10;
const EXPECTED_APPLY_SECONDS = 1;

export interface Duration {
  /** Every wait and bake at its length, everything else at once. */
  shortestSeconds: number;
  /** With usual times for instances to come up and weights to be applied. Approvals by people are not counted. */
  expectedSeconds: number;
  /** Steps at which a person is waited for. */
  approvals: number;
}

/** How long a rollout with these steps and this bake takes. Seconds. */
export function planDuration(steps: readonly Step[], monitoringSeconds: number): Duration {
  const shortestSeconds = monitoringSeconds + steps.reduce((sum, step) => sum + stepSeconds(step), 0);
  const applied = steps.filter((step) => ["setWeight", "switch", "mirror", "match"].includes(step.type)).length;
  return {
    shortestSeconds,
    expectedSeconds: shortestSeconds + EXPECTED_START_SECONDS + applied * EXPECTED_APPLY_SECONDS,
    approvals: steps.filter((step) => step.type === "wait" && "approval" in step).length,
  };
}

const stepSeconds = (step: Step): number => ("seconds" in step ? step.seconds : 0);

/** The part of the whole that the phases before `shifting` make up, and the one up to the end of it, in percent. */
const BEFORE_SHIFTING = 20;
const BEFORE_COMPLETED = 95;

/** How far along, 0 to 100, never 100 before `completed`. On the way back, and after it, what had been reached. */
export function progressPercentage(rollout: Rollout, now: Instant): number {
  if (rollout.phase === "completed") return 100;
  const early = FORWARD_PHASES.indexOf("shifting");
  const reached = (FORWARD_PHASES as readonly Phase[]).indexOf(rollout.phase);
  if (reached >= 0 && reached < early) return Math.floor((reached / early) * BEFORE_SHIFTING);
  if (rollout.phase === "monitoring") {
    const bake = seconds(bakeSeconds(rollout));
    const share = bake === 0 ? 0 : 1 - bakeLeft(rollout, now) / bake;
    return Math.floor(BEFORE_COMPLETED + share * (99 - BEFORE_COMPLETED));
  }
  if (!rollout.steps.some((step) => step.startedAt !== null)) return 0;
  return Math.floor(BEFORE_SHIFTING + stepShare(rollout, now) * (BEFORE_COMPLETED - BEFORE_SHIFTING));
}

/** Share of the steps that is done, each weighing its length and at least a second. */
function stepShare(rollout: Rollout, now: Instant): number {
  const size = (step: Step): number => Math.max(1, stepSeconds(step));
  // Steps that a promote waived do not count; those that a return cut off were not reached.
  const counted = rollout.steps.filter((step) => step.status !== "skipped" || rollout.returningTo !== null);
  const total = counted.reduce((sum, step) => sum + size(step), 0);
  const done = counted.reduce((sum, step) => {
    if (step.status === "done") return sum + size(step);
    return step.status === "running" ? sum + Math.min(size(step), stepElapsed(rollout, now) / 1_000) : sum;
  }, 0);
  return total === 0 ? 1 : done / total;
}

/**
 * When the rollout completes if nothing holds it up, or null when nobody can know: it has ended, is paused or on the way
 * back, waits in the queue or for what a gate lacks, or a person must approve first.
 */
export function estimatedCompletion(rollout: Rollout, now: Instant): Instant | null {
  const { phase, pausedAt, steps, step } = rollout;
  if (isTerminal(phase) || phase === "rolling_back" || phase === "queued" || pausedAt !== null) return null;
  if (phase === "awaiting_approval" && rollout.approvals.length < rollout.requiredApprovals) return null;
  if (phase === "gating" && rollout.gates.some(({ status }) => status === "waiting")) return null;
  if (phase === "monitoring") return now + bakeLeft(rollout, now);
  const left = planDuration(steps.slice(step), bakeSeconds(rollout));
  if (left.approvals > 0) return null;
  const current = steps[step];
  const elapsed = current === undefined ? 0 : Math.min(stepElapsed(rollout, now), seconds(stepSeconds(current)));
  const starts = phase === "shifting" ? seconds(EXPECTED_START_SECONDS) : 0;
  return now + seconds(left.expectedSeconds) - starts - elapsed;
}
