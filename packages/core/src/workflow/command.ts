import { SluiceError } from "../errors.ts";
import type { Instant } from "../time.ts";
import type { RunEvent } from "./advance.types.ts";
import { isRunEnded, type TaskState, type WorkflowRun } from "./run.ts";
import type { WorkflowSpec } from "./workflow.schema.ts";

interface Words {
  actor: string;
  comment: string;
  now: Instant;
}

interface Changed {
  run: WorkflowRun;
  events: RunEvent[];
}

/** What may be asked of a run now. */
export function allowedRunCommands(run: WorkflowRun): string[] {
  if (isRunEnded(run.status)) return run.status === "succeeded" ? [] : ["retry"];
  const asked = run.tasks.some(({ status }) => status === "awaiting_approval");
  return [...(asked && run.cancel === null ? ["approve", "reject"] : []), ...(run.cancel === null ? ["cancel"] : [])];
}

/** Throws `failed_precondition`, saying what is allowed instead. */
export function assertRunAllows(run: WorkflowRun, command: string): void {
  const allowed = allowedRunCommands(run);
  if (allowed.includes(command)) return;
  const list = allowed.length === 0 ? "nothing" : allowed.join(", ");
  throw new SluiceError(
    "failed_precondition",
    `${command} is not possible while the run is ${run.status}; allowed: ${list}`,
  );
}

export function cancelRun(run: WorkflowRun, { actor, comment, now }: Words): Changed {
  assertRunAllows(run, "cancel");
  const words = comment === "" ? "" : `: ${comment}`;
  const message = `run ${run.id} of ${run.workflow} is being cancelled by ${actor}${words}`;
  return {
    run: { ...run, status: "cancelling", cancel: { by: actor, at: now, cause: "cancelled" } },
    events: [{ type: "workflow.run.cancelling", message, alert: false, stage: null, task: null }],
  };
}

/**
 * Approves or rejects a stage that waits for people, in every combination of its matrix.
 * Throws `failed_precondition` when it does not wait, or when the same person has spoken already, or may not.
 */
export function judgeStage(
  spec: WorkflowSpec,
  run: WorkflowRun,
  decision: Words & { stage: string | undefined; approved: boolean },
): Changed {
  const { actor, comment, now, approved } = decision;
  assertRunAllows(run, approved ? "approve" : "reject");
  const waiting = run.tasks.filter(({ status }) => status === "awaiting_approval");
  const stages = [...new Set(waiting.map(({ stage }) => stage))];
  const stage = decision.stage ?? (stages.length === 1 ? stages[0] : undefined);
  if (stage === undefined || !stages.includes(stage)) {
    throw new SluiceError(
      "failed_precondition",
      `${decision.stage ?? "no stage was named, and more than one"} waits for people; those that do: ${stages.join(", ")}`,
      {
        violations: [{ field: "stage", found: decision.stage, allowed: stages.join(", ") }],
      },
    );
  }
  const approval = spec.stages.find(({ name }) => name === stage)?.approval;
  if (approved && approval?.fourEyes === true && actor === run.triggeredBy) {
    throw new SluiceError("failed_precondition", `${actor} started the run; with four eyes somebody else approves it`);
  }
  if (waiting.some((task) => task.stage === stage && task.approvals.some(({ by }) => by === actor))) {
    throw new SluiceError("failed_precondition", `${actor} has spoken about ${stage} already`);
  }
  const judge = (task: TaskState): TaskState =>
    task.stage === stage && task.status === "awaiting_approval"
      ? { ...task, approvals: [...task.approvals, { by: actor, approved, comment, at: now }] }
      : task;
  const done = approved ? "approved" : "rejected";
  const message = `${stage} of ${run.workflow} was ${done} by ${actor}`;
  return {
    run: { ...run, tasks: run.tasks.map(judge) },
    events: [{ type: `workflow.stage.${done}`, message, alert: false, stage, task: null }],
  };
}
