import { promotes } from "./desired.ts";
import { ALLOWED_COMMANDS, type Command } from "./phase.ts";
import type { Rollout } from "./rollout.ts";

/** Whether the rollout stands at a step that a person must let pass. */
export function waitsForApproval(rollout: Rollout): boolean {
  const step = rollout.steps[rollout.step];
  return rollout.phase === "shifting" && step?.type === "wait" && "approval" in step;
}

/**
 * The commands that make sense for this rollout right now: those of its phase (the table `ALLOWED_COMMANDS`), without the
 * ones that its state makes pointless. What is left out here is refused by `applyCommand`.
 */
export const allowedCommands = (rollout: Rollout): Command[] =>
  ALLOWED_COMMANDS[rollout.phase].filter((command) => makesSense(rollout, command));

function makesSense(rollout: Rollout, command: Command): boolean {
  switch (command) {
    case "pause":
      return rollout.pausedAt === null;
    case "resume":
      return rollout.pausedAt !== null;
    case "approve":
    case "reject":
      return rollout.phase === "awaiting_approval" || waitsForApproval(rollout);
    case "rollback":
      // Without an earlier revision, or when the earlier one kept serving, there is nothing to go back to.
      return rollout.fromRevision !== null && (rollout.phase !== "completed" || promotes(rollout));
    case "promote":
    case "cancel":
    case "retry":
      return true;
  }
}
