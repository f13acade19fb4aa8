import type { Instant } from "../time.ts";
import { combinations } from "./graph.ts";
import type { InputValues, RunRef, Scalar, WorkflowSpec } from "./workflow.schema.ts";
import { stepKindOf } from "./workflow.schema.ts";

export const RUN_STATUSES = ["queued", "running", "cancelling", "succeeded", "failed", "cancelled"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const TASK_STATUSES = [
  "pending",
  "awaiting_approval",
  "queued",
  "running",
  "succeeded",
  "failed",
  "skipped",
  "cancelled",
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

const ENDED_RUNS: ReadonlySet<RunStatus> = new Set(["succeeded", "failed", "cancelled"]);
const ENDED_TASKS: ReadonlySet<TaskStatus> = new Set(["succeeded", "failed", "skipped", "cancelled"]);

export const isRunEnded = (status: RunStatus): boolean => ENDED_RUNS.has(status);
export const isTaskEnded = (status: TaskStatus): boolean => ENDED_TASKS.has(status);

export interface RunApproval {
  by: string;
  approved: boolean;
  comment: string;
  at: Instant;
}

/** Why an attempt is being stopped. */
export type StopCause = "cancelled" | "timeout" | "run_timeout";

/**
 * One stage of a run, or one combination of its matrix.
 *
 * ## pending
 * Waits for its needs to end. Left by being skipped, by its condition, or for the next two.
 *
 * ## awaiting_approval
 * Its needs have ended and its condition holds. Left when enough people approved, one rejected, or nobody did in time.
 *
 * ## queued
 * May run. Left when there is room; not before `notBefore`, where an earlier attempt failed.
 *
 * ## running
 * An attempt is wanted. Left when that one ends; back to queued where it may be tried again.
 *
 * ## succeeded, failed, skipped, cancelled
 * The end. A failed stage whose failure is tolerated stays failed, and counts as well for those that need it.
 */
export interface TaskState {
  /** The stage's name, with its number behind it where there is a matrix: `test-2`. */
  key: string;
  stage: string;
  matrix: Record<string, Scalar>;
  status: TaskStatus;
  /** Of the attempt that runs or ran last; 0 before the first. */
  attempt: number;
  reason: string | null;
  outputs: Record<string, string>;
  approvals: RunApproval[];
  /** Since when people are asked; null where nobody is. */
  askedAt: Instant | null;
  notBefore: Instant | null;
  stop: { cause: StopCause; at: Instant } | null;
  /** The run that it succeeded in, where this run did not have to run it again. */
  carriedFrom: { run: string; attempt: number } | null;
  startedAt: Instant | null;
  finishedAt: Instant | null;
}

export interface WorkflowRun {
  id: string;
  project: string;
  workflow: string;
  /** Null for what is no stored workflow. */
  version: number | null;
  status: RunStatus;
  reason: string | null;
  /** Values of secret inputs are elsewhere. */
  inputs: InputValues;
  environment: string;
  ref: RunRef;
  tasks: TaskState[];
  /** Retries that are left for all tasks together; null: each has its own. */
  retriesLeft: number | null;
  cancel: { by: string; at: Instant; cause: "cancelled" | "run_timeout" } | null;
  triggeredBy: string;
  retryOf: string | null;
  createdAt: Instant;
  startedAt: Instant | null;
  finishedAt: Instant | null;
}

export interface RunRequest {
  id: string;
  project: string;
  workflow: string;
  version: number | null;
  spec: WorkflowSpec;
  inputs: InputValues;
  environment: string;
  ref: RunRef;
  retriesLeft?: number | null;
  triggeredBy: string;
}

const newTask = (key: string, stage: string, matrix: Record<string, Scalar>): TaskState => ({
  key,
  stage,
  matrix,
  status: "pending",
  attempt: 0,
  reason: null,
  outputs: {},
  approvals: [],
  askedAt: null,
  notBefore: null,
  stop: null,
  carriedFrom: null,
  startedAt: null,
  finishedAt: null,
});

/** A run at its beginning. */
export function createRun(request: RunRequest, now: Instant): WorkflowRun {
  const { spec, retriesLeft = null, ...rest } = request;
  const tasks = spec.stages.flatMap(({ name, matrix }) =>
    combinations(matrix).map((values, at) => newTask(matrix === undefined ? name : `${name}-${at + 1}`, name, values)),
  );
  return {
    ...rest,
    status: "queued",
    reason: null,
    tasks,
    retriesLeft,
    cancel: null,
    retryOf: null,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
  };
}

/** The same run once more, without what went well in it. */
export function retryRun(run: WorkflowRun, request: { id: string; triggeredBy: string }, now: Instant): WorkflowRun {
  const carried = (task: TaskState): TaskState => ({
    ...task,
    carriedFrom: task.carriedFrom ?? { run: run.id, attempt: task.attempt },
  });
  return {
    ...run,
    ...request,
    status: "queued",
    reason: null,
    tasks: run.tasks.map((task) =>
      task.status === "succeeded" ? carried(task) : newTask(task.key, task.stage, task.matrix),
    ),
    cancel: null,
    retryOf: run.id,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
  };
}

/** What a stage has come to in all its combinations; null while one of them has not ended. */
export function stageStatus(run: WorkflowRun, stage: string): TaskStatus | null {
  const all = run.tasks.filter((task) => task.stage === stage).map(({ status }) => status);
  if (!all.every(isTaskEnded)) return null;
  return (["failed", "cancelled", "skipped"] as const).find((status) => all.includes(status)) ?? "succeeded";
}

/** What conditions and templates may know of the stages: those that have ended. Of a matrix the last output of a name counts. */
export function stageFacts(
  run: WorkflowRun,
): Record<string, { status: TaskStatus; outputs: Record<string, string>; reason: string }> {
  const facts: Record<string, { status: TaskStatus; outputs: Record<string, string>; reason: string }> = {};
  for (const name of new Set(run.tasks.map(({ stage }) => stage))) {
    const status = stageStatus(run, name);
    if (status === null) continue;
    const own = run.tasks.filter(({ stage }) => stage === name);
    facts[name] = {
      status,
      outputs: Object.assign({}, ...own.map(({ outputs }) => outputs)),
      reason: own.find(({ reason }) => reason !== null)?.reason ?? "",
    };
  }
  return facts;
}

/** How far a run is, from 0 to 100. */
export function runProgress(run: WorkflowRun): number {
  if (isRunEnded(run.status)) return 100;
  const ended = run.tasks.filter(({ status }) => isTaskEnded(status)).length;
  return Math.floor((100 * ended) / Math.max(1, run.tasks.length));
}

/** Commands and checkouts take a place on a server; what is built in waits without one. */
export const takesPlace = (spec: WorkflowSpec, stage: string): boolean => {
  const found = spec.stages.find(({ name }) => name === stage);
  return found !== undefined && stepKindOf(found) === "run";
};
