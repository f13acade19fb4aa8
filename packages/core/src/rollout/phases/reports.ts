import { fail, isAccepted } from "../failure.ts";
import type { FailureCause } from "../rollout.ts";
import type { Turn } from "../turn.ts";

/**
 * Takes over what guard, judge, shadow and goal report, and obeys the two that may close the gate, whatever the rollout waits
 * for (edge case 33). Reports on another hypothesis are of an earlier attempt (edge case 45). Returns whether it turned back.
 */
export function heedReports(turn: Turn): boolean {
  const { guard, judge, shadow, goal } = turn.facts;
  if (shadow !== null) turn.change({ shadow });
  if (goal !== null) turn.change({ goal });
  const { id, analysis: guardBefore, judge: judgeBefore } = turn.rollout;
  const ownGuard = guard?.hypothesis === id ? guard : null;
  const ownJudge = judge?.hypothesis === id ? judge : null;
  if (ownGuard !== null) turn.change({ analysis: ownGuard });
  if (ownJudge !== null) turn.change({ judge: ownJudge });
  return (
    closed(turn, "guard", ownGuard?.closed ?? null, (guardBefore?.closed ?? null) !== null, {
      samples: ownGuard?.samples,
      errors: ownGuard?.errors,
    }) || closed(turn, "judge", ownJudge?.closed ?? null, (judgeBefore?.closed ?? null) !== null, {})
  );
}

function closed(
  turn: Turn,
  cause: Extract<FailureCause, "guard" | "judge">,
  closing: { metric: string; reason: string } | null,
  known: boolean,
  detail: Record<string, unknown>,
): boolean {
  if (closing === null) return false;
  const { metric, reason } = closing;
  if (!known) turn.emit(`rollout.${cause}.closed`, reason, { metric, ...detail }, true);
  if (isAccepted(turn, cause) || isAcceptedOfTheOther(turn, cause, metric)) return false;
  return fail(turn, { trigger: "performance_degradation", reason, cause });
}

/**
 * Guard and judge see the same requests, moments apart: whoever went on although one of them found a metric worse has seen
 * what the other finds of that metric, and need not say so twice.
 */
function isAcceptedOfTheOther(turn: Turn, cause: "guard" | "judge", metric: string): boolean {
  const { analysis, judge } = turn.rollout;
  return cause === "guard"
    ? isAccepted(turn, "judge") && judge?.closed?.metric === metric
    : isAccepted(turn, "guard") && analysis?.closed?.metric === metric;
}
