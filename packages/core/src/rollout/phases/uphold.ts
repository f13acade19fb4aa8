import { seconds } from "../../time.ts";
import { percentFromWeight } from "../../traffic/split.ts";
import { bakeLeft } from "../bake.ts";
import { candidateIsReady, candidateReplicas, readyCount } from "../capacity.ts";
import { clockAt, HEARTBEAT_MS, RECHECK_MS } from "../clock.ts";
import { candidateWeight, forwardDesired, targetWeight } from "../desired.ts";
import type { Turn } from "../turn.ts";

/**
 * What holds in every phase with instances, paused or not: the guard is obeyed, a newer revision goes first, the
 * desired state follows the facts, and a candidate that is short of instances has until the progress deadline.
 * Returns false when the rollout has turned back.
 */
export function uphold(turn: Turn): boolean {
  turn.wake(turn.now + HEARTBEAT_MS);
  if (guardClosed(turn) || superseded(turn)) return false;
  applyDesired(turn);
  return !watchAvailability(turn);
}

/** Ends the rollout for a reason of its own. With nothing to go back to (a first delivery) it has failed. */
export function turnBack(turn: Turn, reason: string): void {
  turn.giveUp(turn.rollout.fromRevision === null ? "failed" : "rolled_back", reason, true);
}

/** As `turnBack`, unless the strategy leaves that to people: then the rollout pauses and somebody hears of it. */
export function turnBackOrPause(turn: Turn, reason: string): void {
  if (turn.rollout.strategy.autoRollback) {
    turnBack(turn, reason);
    return;
  }
  turn.emit("rollout.paused", `paused instead of rolled back (autoRollback is off): ${reason}`, { reason }, true);
  turn.change({ pausedAt: turn.rollout.pausedAt ?? turn.now, reason });
}

/** Edge case 33: whatever the rollout waits for. Reports on another hypothesis are of an earlier attempt (edge case 45). */
function guardClosed(turn: Turn): boolean {
  const { rollout, facts } = turn;
  if (facts.guard === null || facts.guard.hypothesis !== rollout.id) return false;
  const known = (rollout.analysis?.closed ?? null) !== null;
  turn.change({ analysis: facts.guard });
  if (facts.guard.closed === null) return false;
  const { metric, reason } = facts.guard.closed;
  if (!known)
    turn.emit(
      "rollout.guard.closed",
      reason,
      { metric, samples: facts.guard.samples, errors: facts.guard.errors },
      true,
    );
  if (rollout.strategy.autoRollback) {
    turnBack(turn, reason);
    return true;
  }
  // Somebody who resumes has seen it; the same closing does not pause again.
  if (!known) turnBackOrPause(turn, reason);
  return false;
}

function superseded(turn: Turn): boolean {
  if (turn.facts.newer === null) return false;
  turn.giveUp("superseded", `superseded by ${turn.facts.newer}`, false);
  return true;
}

function applyDesired(turn: Turn): void {
  const { rollout, facts } = turn;
  const watched = rollout.phase !== "monitoring" || bakeLeft(rollout, turn.now) > 0;
  const desired = forwardDesired(rollout, facts, watched);
  const before = candidateWeight(rollout, rollout.desired.split);
  const after = candidateWeight(rollout, desired.split);
  turn.change({ desired });
  if (before === after) return;
  const withdrawn = after === 0 && targetWeight(rollout) > 0;
  const message = withdrawn
    ? `traffic withdrawn from revision ${rollout.toRevision}: it has no ready instance`
    : `revision ${rollout.toRevision} is to get ${percentFromWeight(after)} % (had ${percentFromWeight(before)} %)`;
  turn.emit("rollout.weight.changed", message, { from: before, to: after }, withdrawn);
}

/** Edge cases 17 and 37. Returns true when the candidate's time is over. */
function watchAvailability(turn: Turn): boolean {
  const { rollout, facts, now } = turn;
  if (candidateIsReady(rollout, facts)) {
    endShortage(turn);
    return false;
  }
  turn.wake(now + RECHECK_MS);
  if (turn.paused) return false;
  const wanted = candidateReplicas(rollout, facts);
  const shortage = `revision ${rollout.toRevision} has ${readyCount(facts.candidate)} of ${wanted} instances ready`;
  const detail = facts.candidate?.reason ? `${shortage}: ${facts.candidate.reason}` : shortage;
  // A verdict on an order other than the present one says nothing about this rollout.
  if (facts.candidate !== null && facts.candidate.desired >= wanted && facts.candidate.verdict === "failed") {
    turnBack(turn, detail);
    return true;
  }
  if (rollout.unavailableSince === null) {
    turn.change({ unavailableSince: now });
    // Just ordered is not lost.
    const ordered = turn.written.instances.find((entry) => entry.revision === rollout.toRevision)?.replicas;
    if (rollout.phase !== "preparing" && ordered === wanted)
      turn.emit("rollout.candidate.unavailable", detail, { wanted });
    return false;
  }
  const deadline = rollout.unavailableSince + seconds(facts.progressDeadlineSeconds);
  turn.wake(Math.max(now, deadline));
  if (now < deadline) return false;
  const why = facts.candidate?.reason ? `: ${facts.candidate.reason}` : "";
  turnBack(turn, `${shortage} after the progress deadline of ${facts.progressDeadlineSeconds} s${why}`);
  return true;
}

/** Time without enough instances does not count as time under observation. */
function endShortage(turn: Turn): void {
  const { rollout, now } = turn;
  if (rollout.unavailableSince === null) return;
  const startedAt = rollout.steps[rollout.step]?.startedAt ?? rollout.unavailableSince;
  const at = clockAt(rollout, now);
  const lost = (since: number): number => Math.max(0, at - Math.max(since, rollout.unavailableSince ?? at));
  turn.change({
    unavailableSince: null,
    stepPausedMs: rollout.stepPausedMs + lost(startedAt),
    pausedMs: rollout.pausedMs + lost(rollout.phaseStartedAt),
  });
}
