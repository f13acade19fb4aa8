import type { Rollout } from "@sluice/client";

export type Approvable = Pick<
  Rollout,
  "allowedCommands" | "approvals" | "approvers" | "fourEyes" | "phase" | "step" | "triggeredBy"
>;

/**
 * Why an approval would be refused from this person, of those whose role may give one; null: it would be taken. Whoever asked for the
 * rollout does not approve it where four eyes are needed, nobody who is not named where names are, and nobody twice.
 */
export function notFrom(rollout: Approvable, name: string): string | null {
  const { allowedCommands, approvals, approvers, fourEyes, phase, step, triggeredBy } = rollout;
  if (!allowedCommands.includes("approve")) return "Nothing waits for an approval";
  if (fourEyes && triggeredBy === name) return "You asked for it: somebody else has to approve";
  if (approvers !== null && !approvers.includes(name)) return `Here it is for ${approvers.join(", ")} to approve`;
  const now = phase === "awaiting_approval" ? null : step;
  const isGiven = approvals.some((approval) => approval.actor === name && approval.step === now);
  return isGiven ? "You have approved it: somebody else has to, too" : null;
}
