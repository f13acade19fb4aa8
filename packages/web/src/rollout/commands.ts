import type { Command, Rollout } from "@sluice/client";
import { type Approvable, notFrom } from "./approval.ts";

/** Who may give which, by the action of the API. */
export const ACTION_OF: Readonly<Record<Command, string>> = {
  approve: "rollout.approve",
  reject: "rollout.approve",
  reevaluate: "rollout.write",
  pause: "rollout.write",
  resume: "rollout.write",
  promote: "rollout.write",
  rollback: "rollout.write",
  cancel: "rollout.write",
  retry: "rollout.write",
};

export const LABELS: Readonly<Record<Command, string>> = {
  approve: "Approve",
  reject: "Reject",
  reevaluate: "Ask the gates again",
  pause: "Pause",
  resume: "Resume",
  promote: "Promote now",
  rollback: "Roll back",
  cancel: "Cancel",
  retry: "Try again",
};

/** The order in which they stand: what lets it go on before what turns it back. */
export const ORDER: readonly Command[] = [
  "approve",
  "reject",
  "reevaluate",
  "pause",
  "resume",
  "promote",
  "retry",
  "rollback",
  "cancel",
];

/** Why the rollout does not take a command now from this person, whose role may give it; null: it does. */
export function notNow(
  rollout: Approvable & Pick<Rollout, "paused" | "irreversible">,
  command: Command,
  name: string,
): string | null {
  if (command === "approve") return notFrom(rollout, name);
  if (rollout.allowedCommands.includes(command)) return null;
  const { phase, paused, irreversible } = rollout;
  const here = phase.replaceAll("_", " ");
  switch (command) {
    case "pause":
      return paused ? "It is paused already" : `Nothing can be paused while it is ${here}`;
    case "resume":
      return paused ? `It cannot go on while it is ${here}` : "It is not paused";
    case "reject":
      return "Nothing waits for an approval";
    case "reevaluate":
      return "No gate is being asked";
    case "retry":
      return phase === "completed" ? "It went through" : "It has not ended";
    case "promote":
      return phase === "shifting"
        ? "A step ahead waits for more than one person"
        : `There is nothing to promote while it is ${here}`;
    case "rollback":
    case "cancel":
      if (irreversible) return "Its version changes data in a way that the one before cannot undo";
      return isOver(rollout) ? "It has ended" : `Not while it is ${here}`;
  }
}

const OVER: readonly Rollout["phase"][] = [
  "completed",
  "rolled_back",
  "gates_failed",
  "failed",
  "cancelled",
  "superseded",
];

export const isOver = ({ phase }: Pick<Rollout, "phase">): boolean => OVER.includes(phase);

/** Shown at all: what can be meant by somebody who looks at it in this phase. */
export function isShown(rollout: Pick<Rollout, "phase" | "paused" | "allowedCommands">, command: Command): boolean {
  if (rollout.allowedCommands.includes(command)) return true;
  if (command === "pause") return !rollout.paused && !isOver(rollout);
  if (command === "rollback") return rollout.phase !== "rolled_back";
  if (command === "approve" || command === "promote") return !isOver(rollout);
  return false;
}

/** What a command will do, before it is given. */
export function consequence(rollout: Rollout, command: Command): string {
  const { fromVersion, toVersion, environment, weight, phase, requiredApprovals } = rollout;
  const before = fromVersion === null ? "nothing" : `version ${fromVersion}`;
  switch (command) {
    case "rollback":
      return phase === "completed"
        ? `A new rollout brings ${environment} back to ${before}. While its instances are still warm, that takes a moment.`
        : `All callers go back to ${before} at once (${weight} % of them have ${toVersion} now), and the instances of ${toVersion} are removed.`;
    case "cancel":
      return `The rollout ends, ${environment} keeps ${before}, and what was made of ${toVersion} is removed.`;
    case "promote":
      return `All callers get version ${toVersion} now. The steps that are left, and what they would have found out, are skipped.`;
    case "approve":
      return requiredApprovals > 1
        ? `Your name is noted as one of ${requiredApprovals} approvals; with the last one the rollout goes on.`
        : "Your name is noted, and the rollout goes on.";
    case "reject":
      return `The rollout ends, and ${environment} keeps ${before}.`;
    case "pause":
      return "It stays where it is. The guard goes on watching, and still turns back what is worse.";
    case "resume":
      return "It goes on where it stopped.";
    case "retry":
      return `A new rollout of version ${toVersion} begins from the start.`;
    case "reevaluate":
      return "Every gate is asked again.";
  }
}

/** Those that change who answers the callers: they ask for one more word. */
export const asksFirst = (command: Command): boolean =>
  command === "rollback" || command === "cancel" || command === "promote" || command === "reject";
