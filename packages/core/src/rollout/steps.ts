import { seconds } from "../time.ts";
import { FULL_WEIGHT } from "../traffic/split.ts";
import { candidateIsReady, readyCount } from "./capacity.ts";
import { RECHECK_MS, stepElapsed } from "./clock.ts";
import { candidateWeight, targetWeight } from "./desired.ts";
import { turnBack, turnBackOrPause } from "./phases/uphold.ts";
import type { StepState } from "./rollout.ts";
import type { Turn } from "./turn.ts";

/** A hook that still runs this long after its own timeout has lost its answer. */
const HOOK_GRACE_MS = 60_000;

/** Whether the running step has reached what it is for. May turn the rollout back, or pause it. */
export function stepIsDone(turn: Turn, step: StepState): boolean {
  const { rollout, facts } = turn;
  if (step.type === "hook") return hookIsDone(turn, step.timeoutSeconds);
  // Edge case 17: short of instances, nothing goes on.
  if (!candidateIsReady(rollout, facts)) return false;
  switch (step.type) {
    case "setWeight":
    case "switch":
      return (
        settled(turn) && (!facts.routed || candidateWeight(rollout, rollout.desired.split) === targetWeight(rollout))
      );
    case "mirror":
    case "match":
      return settled(turn);
    case "scale":
      return true;
    case "wait":
      return "seconds" in step && timeIsOver(turn, step.seconds);
    case "analyze":
      return timeIsOver(turn, step.seconds) && settled(turn) && hasBeenJudged(turn);
  }
}

function settled(turn: Turn): boolean {
  if (turn.trafficSettled) return true;
  turn.wake(turn.now + RECHECK_MS);
  return false;
}

function timeIsOver(turn: Turn, duration: number): boolean {
  const left = seconds(duration) - stepElapsed(turn.rollout, turn.now);
  if (left > 0) turn.wake(turn.now + left);
  return left <= 0;
}

/** Edge case 24: no traffic is neither success nor failure; it is waited for, with a limit. */
function hasBeenJudged(turn: Turn): boolean {
  const { rollout, now } = turn;
  const { onNoData, maxHoldSeconds, minimumSamples } = rollout.strategy.analysis;
  const missing = missingArms(turn);
  if (missing.length === 0 || onNoData === "promote") return true;
  const reason = `fewer than ${minimumSamples} requests of ${missing.join(" and ")} to judge by`;
  if (onNoData === "rollback") {
    turnBackOrPause(turn, reason);
    return false;
  }
  if (rollout.noDataSince === null) {
    turn.change({ noDataSince: now });
    turn.emit("rollout.analysis.held", reason, { samples: turn.facts.traffic.samples, minimumSamples });
  }
  const heldMs = now - (rollout.noDataSince ?? now);
  if (heldMs >= seconds(maxHoldSeconds)) turnBackOrPause(turn, `${reason} within ${maxHoldSeconds} s`);
  else turn.wake(now + Math.min(RECHECK_MS, seconds(maxHoldSeconds) - heldMs));
  return false;
}

/** Arms that should have had traffic and had too little. A broken stable is not waited for (edge case 12). */
function missingArms({ rollout, facts }: Turn): string[] {
  if (!facts.routed) return [];
  const { minimumSamples } = rollout.strategy.analysis;
  const { samples } = facts.traffic;
  const weight = candidateWeight(rollout, rollout.desired.split);
  const stableServes = rollout.fromRevision !== null && weight < FULL_WEIGHT && readyCount(facts.stable) > 0;
  const candidateServes = weight > 0 || rollout.desired.pins.length > 0;
  const missing: string[] = [];
  if (stableServes && samples.stable < minimumSamples) missing.push("stable");
  // A shadow's answers are nobody's: what was copied is known from stable's own requests.
  if (candidateServes && samples.candidate < minimumSamples) missing.push("the candidate");
  return missing;
}

function hookIsDone(turn: Turn, timeoutSeconds: number): boolean {
  const { rollout, facts, now } = turn;
  const hook = facts.hooks.find((fact) => fact.step === rollout.step);
  if (hook?.status === "succeeded") return true;
  turn.wake(now + RECHECK_MS);
  if (hook?.status === "failed") turnBack(turn, `hook of step ${rollout.step + 1} failed: ${hook.message}`);
  else if (hook !== undefined && stepElapsed(rollout, now) > seconds(timeoutSeconds) + HOOK_GRACE_MS) {
    turnBack(turn, `hook of step ${rollout.step + 1} did not answer within ${timeoutSeconds} s`);
  }
  return false;
}
