import {
  allowedRunCommands,
  type Instant,
  inputValuesSchema,
  nameSchema,
  RUN_STATUSES,
  runProgress,
  runRefSchema,
  TASK_STATUSES,
  type TaskState,
  toIso,
} from "@sluice/core";
import { z } from "zod";
import type { StoredRun } from "./run.store.ts";

const time = z.iso.datetime();
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const taskView = z.object({
  task: z.string().meta({ description: "The stage's name, with a number behind it where it has a matrix" }),
  stage: z.string(),
  matrix: z.record(z.string(), scalar),
  status: z.enum(TASK_STATUSES),
  attempt: z.number().int(),
  reason: z.string().nullable(),
  outputs: z.record(z.string(), z.string()),
  approvals: z.array(z.object({ by: z.string(), approved: z.boolean(), comment: z.string(), at: time })),
  carriedFrom: z.string().nullable().meta({ description: "The run that it went well in, where it was not run again" }),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
});

export const runExample = {
  id: "wfr_0199",
  project: "default",
  workflow: "release",
  version: 3,
  status: "running" as const,
  reason: null,
  progressPercentage: 50,
  inputs: { version: "1.2.0" },
  environment: "staging",
  ref: { branch: "main", tag: "v1.2.0", commit: "" },
  stages: [
    {
      task: "build",
      stage: "build",
      matrix: {},
      status: "succeeded" as const,
      attempt: 1,
      reason: null,
      outputs: { digest: "sha256:ab12" },
      approvals: [],
      carriedFrom: null,
      startedAt: "2026-11-21T10:00:00.000Z",
      finishedAt: "2026-11-21T10:00:20.000Z",
    },
  ],
  allowedCommands: ["cancel"],
  triggeredBy: "ci",
  retryOf: null,
  createdAt: "2026-11-21T10:00:00.000Z",
  startedAt: "2026-11-21T10:00:00.000Z",
  finishedAt: null,
};

export const runView = z
  .object({
    id: z.string(),
    project: z.string(),
    workflow: z.string(),
    version: z.number().int().nullable(),
    status: z.enum(RUN_STATUSES),
    reason: z.string().nullable().meta({ description: "Why it did not succeed" }),
    progressPercentage: z.number(),
    inputs: z.record(z.string(), scalar).meta({ description: "Without the values of secret ones" }),
    environment: z.string().nullable(),
    ref: z.object({ branch: z.string(), tag: z.string(), commit: z.string() }),
    stages: z.array(taskView),
    allowedCommands: z.array(z.string()),
    triggeredBy: z.string(),
    retryOf: z.string().nullable(),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: "WorkflowRun", examples: [runExample] });

export const startRunBody = z
  .strictObject({
    project: nameSchema.optional(),
    workflow: nameSchema,
    version: z.number().int().min(1).max(2_147_483_647).optional().meta({ description: "Default: the newest" }),
    inputs: inputValuesSchema.default({}),
    environment: nameSchema.optional().meta({ description: "Default: the workflow's" }),
    ref: runRefSchema.partial().default({}),
  })
  .meta({
    id: "StartWorkflowRun",
    examples: [{ workflow: "release", inputs: { version: "1.2.0" }, environment: "staging", ref: { tag: "v1.2.0" } }],
  });

const iso = (at: Instant | null): string | null => (at === null ? null : toIso(at));

export const taskViewOf = (task: TaskState): z.input<typeof taskView> => ({
  task: task.key,
  stage: task.stage,
  matrix: task.matrix,
  status: task.status,
  attempt: task.attempt,
  reason: task.reason,
  outputs: task.outputs,
  approvals: task.approvals.map((approval) => ({ ...approval, at: toIso(approval.at) })),
  carriedFrom: task.carriedFrom?.run ?? null,
  startedAt: iso(task.startedAt),
  finishedAt: iso(task.finishedAt),
});

export const runViewOf = ({ run }: StoredRun): z.input<typeof runView> => ({
  id: run.id,
  project: run.project,
  workflow: run.workflow,
  version: run.version,
  status: run.status,
  reason: run.reason,
  progressPercentage: runProgress(run),
  inputs: run.inputs,
  environment: run.environment === "" ? null : run.environment,
  ref: run.ref,
  stages: run.tasks.map(taskViewOf),
  allowedCommands: allowedRunCommands(run),
  triggeredBy: run.triggeredBy,
  retryOf: run.retryOf,
  createdAt: toIso(run.createdAt),
  startedAt: iso(run.startedAt),
  finishedAt: iso(run.finishedAt),
});
