import { candidateWeight } from "./course.ts";
import type { FailureCause } from "./rollout.ts";
import type { RollbackTrigger } from "./trigger.ts";
import type { Turn } from "./turn.ts";
import { type FailureMode, failureMode, stoppedBy } from "./way-back.ts";

/** A failure that the rollout found by itself. */
export interface Found {
  trigger: RollbackTrigger;
  reason: string;
  cause: FailureCause;
}

/** A candidate that cannot run, or a hook that failed: there is nothing that people could leave as it is (see `fail`). */
const CANNOT_GO_ON: readonly FailureCause[] = ["availability", "hook"];

/**
 * What the strategy makes of a failure (`onFailure`). Returns whether the rollout has turned back.
 *
 * - `rollback`: it turns back.
 * - `pause` (and `autoRollback: false`): it stays paused with its traffic where it is, and somebody hears of it. Except where
 *   waiting cannot help: a candidate that cannot run has no traffic, so it goes (edge case 37).
 * - `freeze`, and any failure of a version that cannot be taken back: paused as above in every case, and going back is refused.
 */
export function fail(turn: Turn, found: Found): boolean {
  const mode = failureMode(turn.rollout);
  if (mode === "rollback" || (mode === "pause" && CANNOT_GO_ON.includes(found.cause))) {
    turnBack(turn, found);
    return true;
  }
  const { failure, pausedAt, desired } = turn.rollout;
  // The first failure stands until somebody goes on; what else is wrong is seen again then.
  if (stoppedBy(turn.rollout) !== null) return false;
  const frozen = mode === "freeze" || (failure?.frozen ?? false);
  turn.change({
    failure: { at: turn.now, ...found, frozen },
    pausedAt: pausedAt ?? turn.now,
    heldWeight: candidateWeight(turn.rollout, desired.split),
    reason: found.reason,
  });
  const { trigger, reason, cause } = found;
  turn.emit(frozen ? "rollout.frozen" : "rollout.paused", held(turn, mode, reason), { trigger, reason, cause }, true);
  return false;
}

/** Ends the rollout for a reason of its own. With nothing to go back to (a first delivery) it has failed. */
function turnBack(turn: Turn, { trigger, reason }: Found): void {
  const outcome = turn.rollout.fromRevision === null ? "failed" : "rolled_back";
  turn.giveUp(outcome, { trigger, reason, alert: true });
}

/** Whether a person went on after such a failure: then it has been seen, and stops nothing any more. */
export const isAccepted = (turn: Turn, cause: FailureCause): boolean =>
  turn.rollout.accepted.some((entry) => entry.cause === cause);

/** The same of the current step alone. */
export const isAcceptedHere = ({ rollout }: Turn, cause: FailureCause): boolean =>
  rollout.accepted.some((entry) => entry.cause === cause && entry.step === rollout.step);

function held({ rollout }: Turn, mode: FailureMode, reason: string): string {
  if (mode === "freeze") {
    const why = rollout.irreversible ? "its migration cannot be undone" : "onFailure is freeze";
    return `frozen instead of rolled back (${why}): ${reason}`;
  }
  if (rollout.waves !== null) return `stopped, with every target as it is: ${reason}`;
  const why = rollout.strategy.onFailure === "pause" ? "onFailure is pause" : "autoRollback is off";
  return `paused instead of rolled back (${why}): ${reason}`;
}
