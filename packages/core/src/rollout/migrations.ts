import { HEARTBEAT_MS } from "./clock.ts";
import { fail } from "./failure.ts";
import { superseded } from "./phases/uphold.ts";
import type { Rollout } from "./rollout.ts";
import type { Turn } from "./turn.ts";
import { isIrreversible } from "./way-back.ts";

/** Which demand for migrations a rollout has now; it grows when the direction turns, and when somebody wants them tried again. */
export const migrationDemand = ({ attempts, phase }: Pick<Rollout, "attempts" | "phase">): number =>
  attempts.migrations * 2 + (phase === "rolling_back" || phase === "monitoring" ? 1 : 0);

/**
 * Does to the data what the candidate's version declares, before it has any instance: it is written for the data as they will be,
 * and stable must get along with both. Returns whether all is done. A failure is the rollout's failure.
 */
export function migrated(turn: Turn): boolean {
  const { pending } = turn.facts.migrations;
  const failed = failureOf(turn);
  record(turn);
  if (pending.length === 0) return true;
  turn.wake(turn.now + HEARTBEAT_MS);
  turn.change({ irreversible: turn.rollout.irreversible || isIrreversible(turn.rollout, turn.facts) });
  if (superseded(turn)) return false;
  if (failed !== null) {
    const reason = `migration ${pending[0]} failed: ${failed}`;
    fail(turn, { trigger: "deployment_failure", reason, cause: "migrations" });
  } else if (!turn.paused) {
    turn.migrates = "up";
  }
  return false;
}

/**
 * Takes migrations back, the last one first. Returns whether that is over. One that fails stops nobody's way back: the rollout
 * goes on, what is left stays in force, and people hear of it.
 */
export function takenBack(turn: Turn, names: readonly string[]): boolean {
  const { underway } = turn.facts.migrations;
  const failed = failureOf(turn);
  record(turn);
  if (names.length === 0 && !underway) return true;
  if (failed === null || underway) {
    turn.wake(turn.now + HEARTBEAT_MS);
    turn.migrates = "down";
    return false;
  }
  const are = names.length === 1 ? "is" : "are";
  const message = `migration ${names[0]} could not be taken back, so ${names.join(", ")} ${are} still in force: ${failed}`;
  turn.emit("rollout.migration.failed", message, { direction: "down", left: names }, true);
  return true;
}

/** Of the present demand: a failure on the way forward says nothing of the way back. */
function failureOf({ facts, rollout }: Turn): string | null {
  const { demand, failed } = facts.migrations;
  return demand === migrationDemand(rollout) ? failed : null;
}

/** Keeps what was done, and tells of what is new. */
function record(turn: Turn): void {
  const { runs } = turn.facts.migrations;
  for (const { name, direction, status, message, executionMs } of runs.slice(turn.rollout.migrations.length)) {
    if (status === "failed") continue;
    const what = direction === "up" ? "was done" : "was taken back";
    const said = message === "" ? "" : `: ${message}`;
    turn.emit("rollout.migration.done", `migration ${name} ${what} in ${executionMs} ms${said}`, { name, direction });
  }
  turn.change({ migrations: runs });
}
