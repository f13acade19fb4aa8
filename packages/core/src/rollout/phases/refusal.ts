import { seconds } from "../../time.ts";
import { RECHECK_MS } from "../clock.ts";
import { fail } from "../failure.ts";
import type { Turn } from "../turn.ts";

/**
 * Edge cases 19 and 37 for the traffic: a data plane that says why it does not do what it is told has until the progress deadline. One that
 * merely has not done it yet is waited for. Returns whether the rollout turned back.
 */
export function watchRefusal(turn: Turn): boolean {
  const { rollout, facts, now } = turn;
  const problem = facts.traffic.problem ?? null;
  if (problem === null || turn.trafficSettled) {
    turn.change({ refusedSince: null });
    return false;
  }
  turn.wake(now + RECHECK_MS);
  if (turn.paused) return false;
  if (rollout.refusedSince === null) {
    turn.change({ refusedSince: now });
    turn.emit("rollout.traffic.refused", problem);
    return false;
  }
  const deadline = rollout.refusedSince + seconds(facts.progressDeadlineSeconds);
  turn.wake(Math.max(now, deadline));
  if (now < deadline) return false;
  const reason = `${problem}, after the progress deadline of ${facts.progressDeadlineSeconds} s`;
  return fail(turn, { trigger: "deployment_failure", reason, cause: "traffic" });
}
