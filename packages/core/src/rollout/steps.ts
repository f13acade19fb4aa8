import { waveIsDone } from "../fleet/orders.ts";
import { seconds } from "../time.ts";
import { approvalStep, approvalsNow } from "./allowed.ts";
import { analyzeIsDone } from "./analyze.ts";
import { candidateIsReady } from "./capacity.ts";
import { RECHECK_MS, stepElapsed } from "./clock.ts";
import { candidateWeight } from "./course.ts";
import { wantedWeight } from "./desired.ts";
import { fail, isAcceptedHere } from "./failure.ts";
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
        settled(turn) &&
        (!facts.routed || candidateWeight(rollout, rollout.desired.split) === wantedWeight(rollout, turn.now))
      );
    case "mirror":
    case "match":
      return settled(turn);
    case "scale":
      return true;
    case "wait":
      if ("seconds" in step) return timeIsOver(turn, step.seconds);
      expireApproval(turn);
      return false;
    case "analyze":
      return analyzeIsDone(turn, step.seconds);
    case "wave":
      return targetsAreDone(turn, step);
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

/** Members wake the whole when they come to something; a freeze that holds the next one back ends by the clock. */
function targetsAreDone(turn: Turn, step: Extract<StepState, { type: "wave" }>): boolean {
  const { members, frozenUntil } = turn.facts;
  if (waveIsDone(step, members)) return true;
  if (frozenUntil !== null && frozenUntil > turn.now) turn.wake(frozenUntil);
  return false;
}

/** Commands let the step pass; what is left to see here is that nobody came. */
function expireApproval(turn: Turn): void {
  const { approvals = 1, expiresSeconds = null } = approvalStep(turn.rollout) ?? {};
  if (expiresSeconds === null || !timeIsOver(turn, expiresSeconds)) return;
  const given = approvalsNow(turn.rollout).length;
  const reason = `approval expired: ${given} of ${approvals} approved step ${turn.rollout.step + 1} within ${expiresSeconds} s`;
  fail(turn, { trigger: "no_data", reason, cause: "approval" });
}

function hookIsDone(turn: Turn, timeoutSeconds: number): boolean {
  const { rollout, facts, now } = turn;
  const hook = facts.hooks.find((fact) => fact.step === rollout.step);
  // Nobody calls a hook again (edge case 38): whoever goes on after its failure goes on without it.
  if (hook?.status === "succeeded" || (hook !== undefined && isAcceptedHere(turn, "hook"))) return true;
  turn.wake(now + RECHECK_MS);
  const failed = (reason: string): void => {
    fail(turn, { trigger: "deployment_failure", reason: `hook of step ${rollout.step + 1} ${reason}`, cause: "hook" });
  };
  if (hook?.status === "failed") failed(`failed: ${hook.message}`);
  else if (hook !== undefined && stepElapsed(rollout, now) > seconds(timeoutSeconds) + HOOK_GRACE_MS) {
    failed(`did not answer within ${timeoutSeconds} s`);
  }
  return false;
}
