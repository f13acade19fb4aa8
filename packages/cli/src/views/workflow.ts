import type { Job, Workflow, WorkflowArtifact, WorkflowRun } from "@sluice/client";
import { type Column, renderFields, renderTable } from "../output/table.ts";

export const WORKFLOW_COLUMNS: Column<Workflow>[] = [
  { title: "name", value: ({ name }) => name },
  { title: "version", value: ({ version }) => version },
  { title: "stages", value: ({ spec }) => spec.stages.map(({ name }) => name).join(", ") },
  { title: "changed", value: ({ createdAt }) => createdAt },
  { title: "by", value: ({ createdBy }) => createdBy },
];

export const RUN_COLUMNS: Column<WorkflowRun>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "workflow", value: ({ workflow, version }) => `${workflow}${version === null ? "" : ` v${version}`}` },
  { title: "environment", value: ({ environment }) => environment },
  { title: "status", value: ({ status }) => status },
  { title: "done", value: ({ progressPercentage }) => `${progressPercentage} %` },
  { title: "started", value: ({ createdAt }) => createdAt },
  { title: "by", value: ({ triggeredBy }) => triggeredBy },
];

export const ARTIFACT_COLUMNS: Column<WorkflowArtifact>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "stage", value: ({ task }) => task },
  { title: "name", value: ({ name }) => name },
  { title: "path", value: ({ path }) => path },
  { title: "bytes", value: ({ sizeBytes }) => sizeBytes },
  { title: "sha256", value: ({ sha256 }) => sha256.slice(0, 12) },
];

export const JOB_COLUMNS: Column<Job>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "artifact", value: ({ artifact, version }) => `${artifact} ${version}` },
  { title: "environment", value: ({ environment }) => environment },
  { title: "status", value: ({ status }) => status },
  { title: "succeeded", value: ({ succeeded, completions }) => `${succeeded} of ${completions}` },
  { title: "started", value: ({ createdAt }) => createdAt },
  { title: "by", value: ({ triggeredBy }) => triggeredBy },
];

export const renderRun = (run: WorkflowRun): string =>
  [
    renderFields({
      id: run.id,
      workflow: `${run.workflow}${run.version === null ? "" : ` v${run.version}`}`,
      environment: run.environment,
      status: run.status,
      reason: run.reason,
      "started by": run.triggeredBy,
      "retry of": run.retryOf,
      "may be": run.allowedCommands.join(", "),
    }),
    "",
    renderTable(run.stages, [
      { title: "stage", value: ({ task }) => task },
      { title: "status", value: ({ status }) => status },
      { title: "attempt", value: ({ attempt }) => attempt },
      { title: "finished", value: ({ finishedAt }) => finishedAt },
      { title: "reason", value: ({ reason }) => reason },
    ]),
  ].join("\n");

export const renderJob = (job: Job): string =>
  [
    renderFields({
      id: job.id,
      artifact: `${job.artifact} ${job.version}`,
      environment: job.environment,
      status: job.status,
      reason: job.reason,
      succeeded: `${job.succeeded} of ${job.completions}`,
      "retries left": job.retriesLeft,
    }),
    "",
    renderTable(job.runs, [
      { title: "run", value: ({ task, attempt }) => `${task} (${attempt})` },
      { title: "status", value: ({ status }) => status },
      { title: "exit", value: ({ exitCode }) => exitCode },
      { title: "reason", value: ({ reason }) => reason },
    ]),
  ].join("\n");
