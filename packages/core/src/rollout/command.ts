import { describe, SluiceError } from "../errors.ts";
import type { Instant } from "../time.ts";
import { FULL_WEIGHT } from "../traffic/split.ts";
import { allowedCommands, waitsForApproval } from "./allowed.ts";
import { resumed } from "./clock.ts";
import { Draft } from "./draft.ts";
import type { RolloutEvent } from "./effect.ts";
import type { Command } from "./phase.ts";
import type { Rollout, StepState } from "./rollout.ts";

export interface CommandContext {
  /** Who gives the command. */
  actor: string;
  comment: string;
  now: Instant;
  /** Who asked for the rollout: may not approve it where four eyes are required. */
  creator: string;
}

/** Commands that act on the rollout itself. A retry, and a rollback after completion, begin another one (see reverse.ts). */
export type InPlaceCommand = Exclude<Command, "retry">;

/**
 * What a person's command makes of a rollout. The next `advance` does the rest. Throws `failed_precondition` naming the
 * phase and what is allowed in it, and `permission_denied` when the creator approves where four eyes are required.
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
  if (rollout.phase !== "rolling_back") draft.giveUp("cancelled", `the deployment was deleted by ${actor}`, false);
  if (draft.rollout.phase === "rolling_back") draft.enter(draft.rollout.returningTo ?? "rolled_back");
  return { rollout: draft.rollout, events: draft.events };
}

/** Throws `failed_precondition` unless the command is allowed for the rollout right now. */
export function assertAllowed(rollout: Rollout, command: Command): void {
  const allowed = allowedCommands(rollout);
  if (allowed.includes(command)) return;
  const state = rollout.pausedAt === null ? rollout.phase : `${rollout.phase} (paused)`;
  const choice = allowed.length === 0 ? "no command is allowed" : `allowed: ${allowed.join(", ")}`;
  throw new SluiceError("failed_precondition", `${command} is not possible while the rollout is ${state}; ${choice}`);
}

const COMMAND_RULES: Readonly<Record<InPlaceCommand, (draft: Draft, context: CommandContext) => void>> = {
  approve,
  reject: (draft, context) => {
    const outcome = draft.rollout.phase === "awaiting_approval" ? "cancelled" : "rolled_back";
    draft.emit("rollout.rejected", `rejected by ${said(context)}`, { actor: context.actor });
    draft.giveUp(outcome, `rejected by ${said(context)}`, true);
  },
  pause: (draft, context) => {
    draft.change({ pausedAt: context.now });
    draft.emit("rollout.paused", `paused by ${said(context)}`, { actor: context.actor });
  },
  resume: (draft, context) => {
    draft.change({ ...resumed(draft.rollout, context.now), reason: null });
    draft.emit("rollout.resumed", `resumed by ${said(context)}`, { actor: context.actor });
  },
  promote,
  rollback: (draft, context) => draft.giveUp("rolled_back", `rolled back by ${said(context)}`, true),
  cancel: (draft, context) => draft.giveUp("cancelled", `cancelled by ${said(context)}`, false),
};

function approve(draft: Draft, context: CommandContext): void {
  const { rollout } = draft;
  const { actor, comment, now, creator } = context;
  if (rollout.fourEyes && actor === creator) {
    throw new SluiceError(
      "permission_denied",
      `${describe(actor)} asked for this rollout; somebody else must approve it`,
    );
  }
  const atStep = waitsForApproval(rollout);
  if (!atStep && rollout.approvals.some((approval) => approval.actor === actor)) {
    throw new SluiceError("failed_precondition", `${describe(actor)} has approved already; somebody else must`);
  }
  draft.change({ approvals: [...rollout.approvals, { actor, comment, at: now }] });
  draft.emit("rollout.approved", `approved by ${said(context)}`, { actor });
  if (!atStep) return;
  draft.changeStep(rollout.step, {
    status: "done",
    startedAt: rollout.steps[rollout.step]?.startedAt ?? now,
    finishedAt: now,
  });
  draft.change({ step: rollout.step + 1, stepPausedMs: 0, noDataSince: null });
}

/**
 * Waives what is left: of the steps in `shifting`, of the bake in `monitoring`. The candidate still needs its instances,
 * and its weight is still verified. A shadow goes to its end, which is not to serve.
 */
function promote(draft: Draft, context: CommandContext): void {
  const { rollout } = draft;
  draft.change(resumed(rollout, context.now));
  draft.emit("rollout.promoted", `promoted by ${said(context)}`, { actor: context.actor });
  if (rollout.phase === "monitoring") {
    draft.change({ promotedAt: context.now });
    return;
  }
  const skipped = rollout.steps.map((step, index): StepState => {
    if (index < rollout.step) return step;
    return { ...step, status: "skipped", finishedAt: step.status === "running" ? context.now : null };
  });
  const last: StepState = {
    ...(rollout.strategy.type === "shadow" && rollout.steps.some((step) => step.type === "mirror")
      ? { type: "mirror", weight: 0 }
      : { type: "setWeight", weight: FULL_WEIGHT }),
    status: "pending",
    startedAt: null,
    finishedAt: null,
  };
  draft.change({ steps: [...skipped, last], step: skipped.length, stepPausedMs: 0, noDataSince: null });
}

const said = ({ actor, comment }: CommandContext): string => (comment === "" ? actor : `${actor}: ${comment}`);
