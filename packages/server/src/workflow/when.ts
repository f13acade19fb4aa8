import { type Condition, stageFacts, type TaskState, type WorkflowSpec } from "@sluice/core";
import { compileCel } from "../cel/cel.compile.ts";
import type { CelDeclarations } from "../cel/cel.declarations.ts";
import type { CelEvaluator } from "../cel/cel.evaluator.ts";
import type { StoredRun } from "./run.store.ts";

/** What a stage's condition may speak of (docs/guides/workflows.md). */
const WHEN_CEL: CelDeclarations = {
  types: { Stage: { status: "string", reason: "string", outputs: "map<string, string>" } },
  variables: {
    inputs: "map<string, dyn>",
    environment: "string",
    branch: "string",
    tag: "string",
    commit: "string",
    matrix: "map<string, dyn>",
    stages: "map<string, Stage>",
  },
};

/** Throws `invalid_argument` that names the field and the place for a condition that does not compile. */
export function checkConditions({ stages }: WorkflowSpec): void {
  for (const [at, { when }] of stages.entries()) {
    if (when !== undefined) compileCel(when, WHEN_CEL, `stages[${at}].when`);
  }
}

/** The condition's value now. Stages that have not ended are not there to be asked about. */
export async function evaluateWhen(cel: CelEvaluator, { run, spec }: StoredRun, task: TaskState): Promise<Condition> {
  const expression = spec.stages.find(({ name }) => name === task.stage)?.when;
  if (expression === undefined) return { value: true };
  const { inputs, environment, ref } = run;
  const values = { inputs, environment, ...ref, matrix: task.matrix, stages: stageFacts(run) };
  const outcome = await cel.evaluate({ expression, declarations: WHEN_CEL, values });
  if (outcome.status === "value") return { value: outcome.value };
  if (outcome.status === "failed") return { problem: outcome.message };
  return { problem: `it names ${outcome.path.join(".")}, which is not there; ask has() first` };
}
