import { describe, SluiceError } from "../errors.ts";
import type { Instant } from "../time.ts";
import { allowedCommands, approvalStep, approvalsNow, asksPeopleAhead, goesBack, targetsAsk } from "./allowed.ts";
import { resumed } from "./clock.ts";
import { promote } from "./command.promote.ts";
import { Draft } from "./draft.ts";
import type { RolloutEvent } from "./effect.ts";
import { ALLOWED_COMMANDS, type Command } from "./phase.ts";
import type { Rollout } from "./rollout.ts";
import type { RollbackTrigger } from "./trigger.ts";
import { noWayBack } from "./way-back.ts";

export interface CommandContext {
  /** Who gives the command. */
  actor: string;
  comment: string;
  now: Instant;
  /** Who asked for the rollout: may not approve it where four eyes are required. */
  creator: string;
  /** Why it is taken back, for `rollback`. Default: `manual`. */
  trigger?: RollbackTrigger;
}

/** Commands that act on the rollout itself. A retry, and a rollback after completion, begin another one (see reverse.ts). */
export type InPlaceCommand = Exclude<Command, "retry">;

/**
 * What a person's command makes of a rollout. The next `advance` does the rest. When `attempts` of the answer have grown, what
 * the gates or tests found before is no fact any more, and they are due again. Throws `failed_precondition` naming the phase
 * and what is allowed in it, or why there is no way back, and `permission_denied` when this person may not approve.
 */
export function applyCommand(
  rollout: Rollout,
  command: InPlaceCommand,
  context: CommandContext,
): { rollout: Rollout; events: RolloutEvent[] } {
  assertAllowed(rollout, command);
  if (rollout.phase === "completed") {
    throw new SluiceError("failed_precondition", `${command} of a completed rollout begins a reverse rollout`);
  }
  const draft = new Draft(rollout, context.now);
  COMMAND_RULES[command](draft, context);
  return { rollout: draft.rollout, events: draft.events };
}

/**
 * Ends a rollout, whatever its phase, because its deployment is deleted: there is nothing left to return to, so it does
 * not wait for traffic to go back. What it started goes with the rest of the deployment. A way back keeps its outcome.
 */
export function abandonRollout(
  rollout: Rollout,
  { actor, now }: Pick<CommandContext, "actor" | "now">,
): { rollout: Rollout; events: RolloutEvent[] } {
  const draft = new Draft(rollout, now);
  if (rollout.phase !== "rolling_back") {
    draft.giveUp("cancelled", { trigger: "manual", reason: `the deployment was deleted by ${actor}` });
  }
  if (draft.rollout.phase === "rolling_back") draft.enter(draft.rollout.returningTo ?? "rolled_back");
  return { rollout: draft.rollout, events: draft.events };
}

/** Throws `failed_precondition` unless the command is allowed for the rollout right now. */
export function assertAllowed(rollout: Rollout, command: Command): void {
  const allowed = allowedCommands(rollout);
  if (allowed.includes(command)) return;
  const choice = allowed.length === 0 ? "no command is allowed" : `allowed: ${allowed.join(", ")}`;
  const stuck = nothingBefore(rollout, command) ?? (goesBack(command) ? noWayBack(rollout) : null);
  if (stuck !== null) throw new SluiceError("failed_precondition", `${command} is not possible: ${stuck}; ${choice}`);
  const state = rollout.pausedAt === null ? rollout.phase : `${rollout.phase} (paused)`;
  throw new SluiceError("failed_precondition", `${command} is not possible while the rollout is ${state}; ${choice}`);
}

/** Why what its phase would allow has nowhere to go back to. */
const nothingBefore = ({ phase, fromRevision }: Rollout, command: Command): string | null =>
  command === "rollback" && fromRevision === null && ALLOWED_COMMANDS[phase].includes(command)
    ? "it is the first rollout of its deployment, and there is no revision before it"
    : null;

const COMMAND_RULES: Readonly<Record<InPlaceCommand, (draft: Draft, context: CommandContext) => void>> = {
  approve,
  reject: (draft, context) => {
    const outcome = draft.rollout.phase === "awaiting_approval" ? "cancelled" : "rolled_back";
    draft.emit("rollout.rejected", `rejected by ${said(context)}`, { actor: context.actor });
    draft.giveUp(outcome, { trigger: "manual", reason: `rejected by ${said(context)}`, alert: true });
  },
  pause: (draft, context) => {
    draft.change({ pausedAt: context.now });
    draft.emit("rollout.paused", `paused by ${said(context)}`, { actor: context.actor });
  },
  resume,
  promote: (draft, context) => {
    if (asksPeopleAhead(draft.rollout)) assertMayApprove(draft.rollout, context);
    draft.emit("rollout.promoted", `promoted by ${said(context)}`, { actor: context.actor });
    promote(draft);
  },
  reevaluate: (draft, context) => {
    const { attempts } = draft.rollout;
    draft.change({ gates: [], attempts: { ...attempts, gates: attempts.gates + 1 } });
    draft.emit("rollout.gates.reevaluated", `the gates are judged anew for ${said(context)}`, { actor: context.actor });
  },
  rollback: (draft, context) => {
    const { trigger = "manual" } = context;
    const why = trigger === "manual" ? "" : ` (${trigger.replaceAll("_", " ")})`;
    draft.giveUp("rolled_back", { trigger, reason: `rolled back by ${said(context)}${why}`, alert: true });
  },
  cancel: (draft, context) => draft.giveUp("cancelled", { trigger: "manual", reason: `cancelled by ${said(context)}` }),
};

/** Somebody who goes on after failed tests or migrations wants them run again: nothing that failed its tests gets traffic. */
function resume(draft: Draft, context: CommandContext): void {
  const { rollout } = draft;
  const { failure, phase } = rollout;
  const held = rollout.heldWeight !== null ? failure?.cause : undefined;
  const again = phase === "testing" && held === "tests";
  const goesOn = resumed(rollout, context.now);
  const { attempts = rollout.attempts } = goesOn;
  draft.change({
    ...goesOn,
    reason: null,
    ...(again ? { tests: [], attempts: { ...attempts, tests: attempts.tests + 1 } } : {}),
    ...(held === "migrations" ? { attempts: { ...attempts, migrations: attempts.migrations + 1 } } : {}),
  });
  draft.emit("rollout.resumed", `resumed by ${said(context)}`, { actor: context.actor });
}

function approve(draft: Draft, context: CommandContext): void {
  const { rollout } = draft;
  const { actor, comment, now } = context;
  assertMayApprove(rollout, context);
  const waiting = approvalStep(rollout);
  // At each target people are counted by its own rollout, which gets the same command.
  if (!targetsAsk(rollout) && approvalsNow(rollout).some((approval) => approval.actor === actor)) {
    throw new SluiceError("failed_precondition", `${describe(actor)} has approved already; somebody else must`);
  }
  const step = rollout.phase === "shifting" ? rollout.step : null;
  draft.change({ approvals: [...rollout.approvals, { actor, comment, at: now, step }] });
  draft.emit("rollout.approved", `approved by ${said(context)}`, { actor, step });
  if (waiting === null || approvalsNow(draft.rollout).length < waiting.approvals) return;
  draft.changeStep(rollout.step, {
    status: "done",
    startedAt: rollout.steps[rollout.step]?.startedAt ?? now,
    finishedAt: now,
  });
  draft.change({ step: rollout.step + 1, stepPausedMs: 0, noDataSince: null });
}

function assertMayApprove({ fourEyes, approvers }: Rollout, { actor, creator }: CommandContext): void {
  if (fourEyes && actor === creator) {
    throw new SluiceError(
      "permission_denied",
      `${describe(actor)} asked for this rollout; somebody else must approve it`,
    );
  }
  if (approvers !== null && !approvers.includes(actor)) {
    throw new SluiceError(
      "permission_denied",
      `${describe(actor)} is none of those who may approve in this environment: ${approvers.join(", ")}`,
    );
  }
}

const said = ({ actor, comment }: CommandContext): string => (comment === "" ? actor : `${actor}: ${comment}`);
