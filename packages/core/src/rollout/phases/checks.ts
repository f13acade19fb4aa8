import { seconds } from "../../time.ts";
import { approvalsNow } from "../allowed.ts";
import { HEARTBEAT_MS, phaseElapsed, RECHECK_MS } from "../clock.ts";
import { isCheckedElsewhere } from "../course.ts";
import type { Turn } from "../turn.ts";
import { blockers } from "../validation.ts";

/** Entered from the queue. Left when no check of a blocking severity failed; otherwise the rollout fails, naming them. */
export function validating(turn: Turn): void {
  const { facts, now } = turn;
  if (!isCheckedElsewhere(turn.rollout)) {
    if (facts.validations === null) {
      turn.wake(now + RECHECK_MS);
      return;
    }
    turn.change({ validations: facts.validations });
    const failed = blockers(facts.validations, facts.validationLevel);
    if (failed.length > 0) {
      const insecure = failed.some((result) => result.type === "security");
      turn.change({ trigger: insecure ? "security_violation" : "deployment_failure" });
      const reasons = failed.map((result) => `${result.name} (${result.severity}): ${result.message}`);
      turn.enter("failed", `validation failed: ${reasons.join("; ")}`);
      return;
    }
  }
  if (!turn.paused) turn.enter("awaiting_approval");
}

/**
 * Left when as many people as the environment asks for have approved; one person counts once. When they do not in the time
 * that the environment gives them, the rollout is cancelled and somebody hears of it (edge case 52).
 */
export function awaitingApproval(turn: Turn): void {
  const { rollout, now } = turn;
  const { requiredApprovals, approvalExpirySeconds } = rollout;
  const people = approvalsNow(rollout).length;
  if (people >= requiredApprovals || isCheckedElsewhere(rollout)) {
    if (!turn.paused) turn.enter("gating");
    return;
  }
  if (approvalExpirySeconds === null) return;
  const left = seconds(approvalExpirySeconds) - phaseElapsed(rollout, now);
  if (left > 0) {
    turn.wake(now + left);
    return;
  }
  const reason = `approval expired: ${people} of ${requiredApprovals} approved within ${approvalExpirySeconds} s`;
  turn.emit("rollout.approval.expired", reason, { people, requiredApprovals, approvalExpirySeconds }, true);
  turn.giveUp("cancelled", { trigger: "no_data", reason });
}

/** Left when every required gate has passed and no freeze window has opened meanwhile. A gate without figures is waited for. */
export function gating(turn: Turn): void {
  const { facts, now } = turn;
  if (!isCheckedElsewhere(turn.rollout)) {
    if (facts.gates === null) {
      turn.wake(now + RECHECK_MS);
      return;
    }
    turn.change({ gates: facts.gates });
    const required = facts.gates.filter((gate) => gate.required);
    const failed = required.filter((gate) => gate.status === "failed");
    if (failed.length > 0) {
      const reasons = failed.map((gate) => `${gate.gate}: ${gate.message}`);
      turn.enter("gates_failed", `required gate failed: ${reasons.join("; ")}`);
      return;
    }
    const waiting = required.filter((gate) => gate.status === "waiting");
    if (waiting.length > 0) {
      turn.wake(now + HEARTBEAT_MS);
      // Past its limit a gate fails, and whoever judges it says so: that is worth a look at that very moment.
      for (const { waitsUntil } of waiting) if (waitsUntil !== null) turn.wake(Math.max(waitsUntil, now + RECHECK_MS));
      return;
    }
    if (facts.frozenUntil !== null && facts.frozenUntil > now) {
      turn.wake(facts.frozenUntil);
      return;
    }
  }
  if (!turn.paused) turn.enter("preparing");
}
