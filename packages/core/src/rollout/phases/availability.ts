import { seconds } from "../../time.ts";
import { candidateIsReady, candidateReplicas, readyCount } from "../capacity.ts";
import { clockAt, RECHECK_MS } from "../clock.ts";
import { fail, isAccepted } from "../failure.ts";
import type { Turn } from "../turn.ts";

/** Edge cases 17, 37 and 51: a candidate that is short of instances, or was changed by somebody else, has until the progress deadline. Returns whether it turned back. */
export function watchAvailability(turn: Turn): boolean {
  const { rollout, facts, now } = turn;
  if (candidateIsReady(rollout, facts)) {
    endShortage(turn);
    return false;
  }
  turn.wake(now + RECHECK_MS);
  if (turn.paused) return false;
  const wanted = candidateReplicas(rollout, facts);
  const { drift } = facts.candidate ?? {};
  const shortage =
    drift === undefined
      ? `revision ${rollout.toRevision} has ${readyCount(facts.candidate)} of ${wanted} instances ready`
      : `revision ${rollout.toRevision} is not as it was delivered (${drift})`;
  const detail = facts.candidate?.reason ? `${shortage}: ${facts.candidate.reason}` : shortage;
  // A verdict on an order other than the present one says nothing about this rollout. Somebody who went on in spite of it
  // knows better, and gets the whole deadline.
  const judged = facts.candidate !== null && facts.candidate.desired >= wanted && facts.candidate.verdict === "failed";
  if (judged && !isAccepted(turn, "availability")) return lose(turn, detail);
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
  return lose(turn, `${shortage} after the progress deadline of ${facts.progressDeadlineSeconds} s${why}`);
}

/** In `preparing` the instances never became ready; later they had been, and were lost. */
function lose(turn: Turn, reason: string): boolean {
  const trigger = turn.rollout.phase === "preparing" ? "deployment_failure" : "health_check_failure";
  return fail(turn, { trigger, reason, cause: "availability" });
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
