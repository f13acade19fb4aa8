import { SluiceError } from "../errors.ts";
import { ancestorsOf } from "./graph.ts";
import type { InputValues, RunRef, Scalar, Stage, WorkflowSpec } from "./workflow.schema.ts";

/** What templates may name, and the values behind the names. */
export interface TemplateValues {
  inputs: InputValues;
  environment: string;
  ref: RunRef;
  run: { id: string };
  matrix: Readonly<Record<string, Scalar>>;
  /** Outputs of stages that have ended. */
  stages: Readonly<Record<string, { outputs: Readonly<Record<string, string>> }>>;
}

interface Problem {
  path: (string | number)[];
  message: string;
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const PLAIN = ["environment", "branch", "tag", "commit", "run.id"];

/** Templates that name something which cannot be there, each at its field. */
export function templateProblems(workflow: Pick<WorkflowSpec, "inputs" | "stages">): Problem[] {
  return workflow.stages.flatMap((stage, at) => {
    const before = ancestorsOf(workflow.stages, stage.name);
    return textsIn(stage).flatMap(({ path, text }) => {
      // Names stay out of shell code: a value could end the command and begin another.
      if (path.join(".") === "run.script" && text.search(PLACEHOLDER) >= 0) {
        const message = "a script without {{…}}: values come as variables, such as $INPUT_NAME";
        return [{ path: ["stages", at, ...path], message }];
      }
      // Content of versions has placeholders of its own, as prompts do.
      if (path[0] === "deploy" && path[1] === "create") return [];
      return [...text.matchAll(PLACEHOLDER)].flatMap(([, name = ""]) =>
        isKnown(name, workflow, stage, before)
          ? []
          : [
              {
                path: ["stages", at, ...path],
                message: `templates that are known; {{${name}}} is none of ${knownNames(workflow, stage, before)}`,
              },
            ],
      );
    });
  });
}

function isKnown(name: string, { inputs }: Pick<WorkflowSpec, "inputs">, stage: Stage, before: Set<string>): boolean {
  if (PLAIN.includes(name)) return true;
  const [root, second = "", third, fourth] = name.split(".");
  if (root === "inputs") return third === undefined && Object.hasOwn(inputs, second);
  if (root === "matrix") return third === undefined && Object.hasOwn(stage.matrix ?? {}, second);
  return root === "stages" && before.has(second) && third === "outputs" && (fourth ?? "") !== "";
}

function knownNames({ inputs }: Pick<WorkflowSpec, "inputs">, stage: Stage, before: Set<string>): string {
  return [
    ...PLAIN,
    ...Object.keys(inputs).map((name) => `inputs.${name}`),
    ...Object.keys(stage.matrix ?? {}).map((name) => `matrix.${name}`),
    ...[...before].map((name) => `stages.${name}.outputs.…`),
  ].join(", ");
}

/** Every text of the stage's step, with its place. */
function textsIn(stage: Stage): { path: (string | number)[]; text: string }[] {
  const { run, deploy, verify, monitor, scan, promote, eval: evaluation } = stage;
  const walk = (value: unknown, path: (string | number)[]): { path: (string | number)[]; text: string }[] => {
    if (typeof value === "string") return [{ path, text: value }];
    if (Array.isArray(value)) return value.flatMap((one, at) => walk(one, [...path, at]));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, one]) => walk(one, [...path, key]));
  };
  return walk({ run, deploy, verify, monitor, scan, promote, eval: evaluation }, []);
}

/**
 * The step with every template filled in. Throws `failed_precondition` for an output that its stage did not give: an empty text
 * in its place could mean anything.
 */
export function fillTemplates<Step>(step: Step, values: TemplateValues): Step {
  return fill(step, values) as Step;
}

function fill(value: unknown, values: TemplateValues): unknown {
  if (typeof value === "string")
    return value.replace(PLACEHOLDER, (whole, name: string) => namedValue(whole, name, values));
  if (Array.isArray(value)) return value.map((one) => fill(one, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, values)]));
}

function namedValue(whole: string, name: string, values: TemplateValues): string {
  const [root = "", second = "", , fourth = ""] = name.split(".");
  const sources: Readonly<Record<string, () => Scalar | undefined>> = {
    environment: () => values.environment,
    branch: () => values.ref.branch,
    tag: () => values.ref.tag,
    commit: () => values.ref.commit,
    run: () => values.run.id,
    inputs: () => own(values.inputs, second),
    matrix: () => own(values.matrix, second),
    stages: () => own(own(values.stages, second)?.outputs ?? {}, fourth),
  };
  const read = own(sources, root);
  if (read === undefined) return whole;
  const found = read();
  if (found === undefined) throw new SluiceError("failed_precondition", `{{${name}}} has no value in this run`);
  return String(found);
}

const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
