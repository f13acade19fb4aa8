import {
  configSchema,
  type DeploymentConfig,
  type RunnableSpec,
  type WorkflowSpec,
  workflowSchema,
} from "@sluice/core";
import { z } from "zod";

/** How often a job's command runs, and how patient one is with it. */
export const jobOptionsSchema = z.strictObject({
  completions: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .meta({ description: "So many runs must come to a good end" }),
  parallelism: z.number().int().min(1).max(100).default(1).meta({ description: "Runs at the same time" }),
  backoffLimit: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(6)
    .meta({ description: "Failures that are tried again, in all" }),
  timeoutSeconds: z.number().int().min(1).max(604_800).default(3_600).meta({ description: "Of each run" }),
  idempotent: z
    .boolean()
    .default(true)
    .meta({ description: "May be run again when the server died and nobody knows how it ended" }),
});

export type JobOptions = z.infer<typeof jobOptionsSchema>;

/** Seconds before the first failure is tried again; doubled each time. */
const BACKOFF = 1;
/** Values that a matrix may list. */
const WIDTH = 20;

/**
 * A job as the one stage of a workflow: a combination of the matrix for each completion, which the command knows as JOB_INDEX.
 * It works in a copy of the version's working folder.
 */
export function jobSpec(spec: RunnableSpec, config: DeploymentConfig, options: JobOptions): WorkflowSpec {
  const { completions, parallelism, timeoutSeconds, idempotent } = options;
  const rows = Math.ceil(completions / WIDTH);
  const indices = Array.from({ length: completions }, (_, index) => index);
  const stage = (name: string, of: number[]) => ({
    name,
    matrix: { index: of },
    timeoutSeconds,
    retryDelaySeconds: BACKOFF,
    run: {
      command: spec.command,
      ...(spec.workdir !== undefined && { checkout: { repository: spec.workdir } }),
      env: {
        ...spec.env,
        ...config.env,
        ...{ JOB_INDEX: "{{matrix.index}}", JOB_COMPLETIONS: String(completions) },
      },
      idempotent,
      stopSeconds: Math.min(600, config.stopSeconds),
    },
  });
  return workflowSchema.parse({
    parallelism,
    stages: Array.from({ length: rows }, (_, row) =>
      stage(rows === 1 ? "job" : `job-${row + 1}`, indices.slice(row * WIDTH, (row + 1) * WIDTH)),
    ),
  });
}

/** What is configured where nothing is. */
export const PLAIN_CONFIG: DeploymentConfig = configSchema.parse({});
