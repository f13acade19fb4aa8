import { compileSteps } from "../strategy/compile.ts";
import type { Strategy } from "../strategy/strategy.types.ts";
import { promotes } from "./course.ts";
import { ALLOWED_COMMANDS, type Command } from "./phase.ts";
import type { Approval, Rollout } from "./rollout.ts";
import { noWayBack } from "./way-back.ts";

/** The approval that the current step waits for; null when it waits for none. */
export function approvalStep(rollout: Rollout): { approvals: number; expiresSeconds: number | null } | null {
  const step = rollout.steps[rollout.step];
  if (rollout.phase !== "shifting" || step?.type !== "wait" || !("approval" in step)) return null;
  const { approvals = 1, expiresSeconds = rollout.approvalExpirySeconds } = step;
  return { approvals, expiresSeconds };
}

/** Whether the rollout stands at a step that a person must let pass. */
export const waitsForApproval = (rollout: Rollout): boolean => approvalStep(rollout) !== null;

/** Whether a step at one of its targets waits for people, who give their word to the whole. */
export const targetsAsk = ({ phase, members }: Rollout): boolean =>
  phase === "shifting" && members.some(({ state, asks }) => state === "underway" && asks);

/** Those who approved what is waited for now: the current step while that waits for people, otherwise the start. One person counts once. */
export function approvalsNow(rollout: Rollout): Approval[] {
  const step = waitsForApproval(rollout) ? rollout.step : null;
  const given = rollout.approvals.filter((approval) => approval.step === step);
  return given.filter((approval, index) => given.findIndex((other) => other.actor === approval.actor) === index);
}

/**
 * The commands that make sense for this rollout right now: those of its phase (the table `ALLOWED_COMMANDS`), without the
 * ones that its state makes pointless. What is left out here is refused by `applyCommand`.
 */
export const allowedCommands = (rollout: Rollout): Command[] =>
  ALLOWED_COMMANDS[rollout.phase].filter((command) => makesSense(rollout, command));

/** Commands that bring traffic back to the revision before. A rollout that has no way back takes none of them. */
const GO_BACK: readonly Command[] = ["rollback", "cancel", "reject"];
export const goesBack = (command: Command): boolean => GO_BACK.includes(command);

function makesSense(rollout: Rollout, command: Command): boolean {
  if (goesBack(command) && noWayBack(rollout) !== null) return false;
  switch (command) {
    case "pause":
      return rollout.pausedAt === null;
    case "resume":
      return rollout.pausedAt !== null;
    case "approve":
    case "reject":
      return rollout.phase === "awaiting_approval" || waitsForApproval(rollout) || targetsAsk(rollout);
    case "rollback":
      // Without an earlier revision, or when the earlier one kept serving, there is nothing to go back to.
      return rollout.fromRevision !== null && (rollout.phase !== "completed" || promotes(rollout));
    case "promote":
      return approvalsAhead(rollout).every(({ missing }) => missing <= 1);
    case "reevaluate":
    case "cancel":
    case "retry":
      return true;
  }
}

/** Whether steps ahead ask people. `promote` skips them, and so it is an approval of each: by one who may, and as its last. */
export const asksPeopleAhead = (rollout: Rollout): boolean => approvalsAhead(rollout).length > 0;

function approvalsAhead({ phase, steps, step, approvals, waves, strategy }: Rollout): { missing: number }[] {
  if (phase !== "shifting") return [];
  if (waves !== null) return approvalsIn(strategy);
  return steps.flatMap((ahead, index) => {
    if (index < step || ahead.type !== "wait" || !("approval" in ahead)) return [];
    const given = new Set(approvals.filter((approval) => approval.step === index).map(({ actor }) => actor)).size;
    return [{ missing: (ahead.approvals ?? 1) - given }];
  });
}

/** What each target asks people for on its way, whoever was asked there already. */
const approvalsIn = (strategy: Strategy): { missing: number }[] =>
  compileSteps(strategy).flatMap((step) =>
    step.type === "wait" && "approval" in step ? [{ missing: step.approvals ?? 1 }] : [],
  );
