import { stageFacts, type TaskState, type TemplateValues } from "@sluice/core";
import type { StoredRun } from "../run.store.ts";

/** What templates of a stage stand for; of secret inputs the values themselves. */
export const valuesOf = ({ run, secrets }: StoredRun, task: TaskState): TemplateValues => ({
  inputs: { ...run.inputs, ...secrets },
  environment: run.environment,
  ref: run.ref,
  run: { id: run.id },
  matrix: task.matrix,
  stages: stageFacts(run),
});
