import type { ActOutcome, AgentRollback, AgentRollbackAct } from "@sluice/core";

/** What has come of an agent at one of several targets that is being taken back. */
export interface TargetRollback {
  target: string;
  rollback: AgentRollback;
}

/**
 * An act of the whole: it has ended when it has ended at every target. Each target goes its own pace, and one that fails is the
 * whole's failure. One that nothing was ever at, or whose last has gone, is not waited for.
 */
export function actAtTargets(parts: readonly TargetRollback[], act: AgentRollbackAct): ActOutcome {
  if (parts.length === 0) return { result: "skipped", message: "no target has anything of it any more" };
  const seen = parts.map((part) => ({ target: part.target, ...outcomeAt(part.rollback, act) }));
  for (const result of ["failed", "waiting"] as const) {
    const open = seen.filter((one) => one.result === result);
    if (open.length > 0) return { result, message: told(open) };
  }
  return { result: seen.some(({ result }) => result === "done") ? "done" : "skipped", message: told(seen) };
}

function outcomeAt({ acts, status, error }: AgentRollback, act: AgentRollbackAct): ActOutcome {
  const state = acts.find((one) => one.act === act);
  const message = state?.message ?? "";
  if (state?.status === "done" || state?.status === "skipped") return { result: state.status, message };
  // Ended before it came so far: what is left there is not done by anybody.
  if (state?.status === "failed" || status === "failed") return { result: "failed", message: error ?? message };
  return { result: "waiting", message: message === "" ? "the steps before are still to be done" : message };
}

const told = (outcomes: readonly { target: string; message: string }[]): string =>
  outcomes.map(({ target, message }) => `${target}: ${message}`).join("; ");
