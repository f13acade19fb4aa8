import {
  configSchema,
  type DeploymentConfig,
  type JobOptions,
  type RunnableSpec,
  type WorkflowSpec,
  workflowSchema,
} from "@sluice/core";

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
