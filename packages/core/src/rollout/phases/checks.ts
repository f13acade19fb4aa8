import { HEARTBEAT_MS, RECHECK_MS } from "../clock.ts";
import { skipsChecks } from "../desired.ts";
import type { Turn } from "../turn.ts";
import { blockers } from "../validation.ts";

/** Entered from the queue. Left when no check of a blocking severity failed; otherwise the rollout fails, naming them. */
export function validating(turn: Turn): void {
  const { facts, now } = turn;
  if (!skipsChecks(turn.rollout)) {
    if (facts.validations === null) {
      turn.wake(now + RECHECK_MS);
      return;
    }
    turn.change({ validations: facts.validations });
    const failed = blockers(facts.validations, facts.validationLevel);
    if (failed.length > 0) {
      const reasons = failed.map((result) => `${result.name} (${result.severity}): ${result.message}`);
      turn.enter("failed", `validation failed: ${reasons.join("; ")}`);
      return;
    }
  }
  if (!turn.paused) turn.enter("awaiting_approval");
}

/** Left when as many people as the environment asks for have approved. One person counts once. */
export function awaitingApproval(turn: Turn): void {
  const { approvals, requiredApprovals } = turn.rollout;
  const people = new Set(approvals.map((approval) => approval.actor)).size;
  if (!turn.paused && (people >= requiredApprovals || skipsChecks(turn.rollout))) turn.enter("gating");
}

/** Left when every required gate has passed and no freeze window has opened meanwhile. A gate without figures is waited for. */
export function gating(turn: Turn): void {
  const { facts, now } = turn;
  if (!skipsChecks(turn.rollout)) {
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
    if (required.some((gate) => gate.status === "waiting")) {
      turn.wake(now + HEARTBEAT_MS);
      return;
    }
    if (facts.frozenUntil !== null && facts.frozenUntil > now) {
      turn.wake(facts.frozenUntil);
      return;
    }
  }
  if (!turn.paused) turn.enter("preparing");
}
