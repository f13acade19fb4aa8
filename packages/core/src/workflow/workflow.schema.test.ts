import fc from "fast-check";
import { expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { parseField } from "../validate.ts";
import { combinations } from "./graph.ts";
import { inputsOf } from "./inputs.ts";
import { fillTemplates, type TemplateValues } from "./template.ts";
import { workflowSchema } from "./workflow.schema.ts";

const run = { command: ["true"] };
const problemOf = (value: unknown): string => {
  try {
    parseField(workflowSchema, value);
    return "none";
  } catch (error) {
    return error instanceof SluiceError
      ? error.violations.map(({ field, allowed }) => `${field}: ${allowed}`).join("\n")
      : String(error);
  }
};

test.each<[string, object, string]>([
  ["no stage", { stages: [] }, "stages: at least 1 entry"],
  [
    "a need that is not there",
    { stages: [{ name: "a", needs: ["b"], run }] },
    "stages[0].needs[0]: one of the stages a",
  ],
  [
    "a cycle",
    {
      stages: [
        { name: "a", needs: ["c"], run },
        { name: "b", needs: ["a"], run },
        { name: "c", needs: ["b"], run },
      ],
    },
    "needs without a cycle; this is one: a → c → b → a",
  ],
  ["a stage that needs itself", { stages: [{ name: "a", needs: ["a"], run }] }, "this is one: a → a"],
  [
    "two of one name",
    {
      stages: [
        { name: "a", run },
        { name: "a", run },
      ],
    },
    "stages[1].name: a name of its own",
  ],
  [
    "a need named twice",
    {
      stages: [
        { name: "a", run },
        { name: "b", needs: ["a", "a"], run },
      ],
    },
    "stages[1].needs[1]: each stage once",
  ],
  ["no step", { stages: [{ name: "a" }] }, "stages[0]: exactly one of run, deploy"],
  ["two steps", { stages: [{ name: "a", run, monitor: { rollout: "r" } }] }, "stages[0]: exactly one of run, deploy"],
  [
    "a command and a script",
    { stages: [{ name: "a", run: { ...run, script: "true" } }] },
    "stages[0].run.command: exactly one of",
  ],
  ["a name with ../", { stages: [{ name: "../a", run }] }, "stages[0].name: 1 to 63 of a-z"],
  [
    "a folder outside",
    { stages: [{ name: "a", run: { ...run, workdir: "x/../../y" } }] },
    "stages[0].run.workdir: a relative path without '..'",
  ],
  [
    "an absolute repository",
    { stages: [{ name: "a", run: { ...run, checkout: { repository: "/etc" } } }] },
    "stages[0].run.checkout.repository: a relative path",
  ],
  [
    "a ref that is an option",
    { stages: [{ name: "a", run: { ...run, checkout: { repository: "x", ref: "--upload-pack=x" } } }] },
    "stages[0].run.checkout.ref: a branch, a tag",
  ],
  [
    "an artifact outside",
    { stages: [{ name: "a", run: { ...run, artifacts: [{ name: "x", paths: ["../*"] }] } }] },
    "a relative path without '..'",
  ],
  [
    "an artifact of a stage that may not have ended",
    {
      stages: [
        { name: "a", run: { ...run, artifacts: [{ name: "x", paths: ["*"] }] } },
        { name: "b", run: { ...run, use: [{ stage: "a", artifact: "x" }] } },
      ],
    },
    "stages[1].run.use[0].stage: a stage that this one needs: none",
  ],
  [
    "an artifact that nobody makes",
    {
      stages: [
        { name: "a", run },
        { name: "b", needs: ["a"], run: { ...run, use: [{ stage: "a", artifact: "x" }] } },
      ],
    },
    "stages[1].run.use[0].artifact: an artifact of a: none",
  ],
  [
    "an input that is not declared",
    { stages: [{ name: "a", run: { command: ["{{inputs.x}}"] } }] },
    "{{inputs.x}} is none of environment, branch",
  ],
  [
    "outputs of a stage that is no need",
    {
      stages: [
        { name: "b", run },
        { name: "a", run: { command: ["{{stages.b.outputs.x}}"] } },
      ],
    },
    "{{stages.b.outputs.x}} is none of",
  ],
  [
    "a template in a script",
    { inputs: { x: {} }, stages: [{ name: "a", run: { script: "echo {{inputs.x}}" } }] },
    "stages[0].run.script: a script without {{…}}",
  ],
  [
    "too many combinations",
    {
      stages: [
        {
          name: "a",
          run,
          matrix: {
            x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
            y: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
          },
        },
      ],
    },
    "at most 200 stages",
  ],
  ["a variable of ours", { env: { SLUICE_X: "1" }, stages: [{ name: "a", run }] }, "env.SLUICE_X"],
  ["an unknown field", { stages: [{ name: "a", run, retry: 3 }] }, "stages[0].retry: one of name, description"],
])("%s is refused at its field", (_name, spec, problem) => {
  expect(problemOf(spec)).toContain(problem);
});

test("any cycle is found, and any graph without one is taken", () => {
  const edges = fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 12 });
  fc.assert(
    fc.property(edges, (pairs) => {
      const needs = (of: number) => [...new Set(pairs.filter(([from]) => from === of).map(([, to]) => `s${to}`))];
      const stages = Array.from({ length: 7 }, (_, at) => ({ name: `s${at}`, needs: needs(at), run }));
      // Taking away what needs nothing, over and over, leaves the cycles.
      let left = stages;
      for (let before = -1; before !== left.length; ) {
        before = left.length;
        const names = new Set(left.map(({ name }) => name));
        left = left.filter((stage) => stage.needs.some((need) => names.has(need)));
      }
      expect(workflowSchema.safeParse({ stages }).success).toBe(left.length === 0);
    }),
  );
});

const values: TemplateValues = {
  inputs: { version: "1.2.0", count: 3 },
  environment: "staging",
  ref: { branch: "main", tag: "v1", commit: "abc" },
  run: { id: "wfr_1" },
  matrix: { node: "24" },
  stages: { build: { outputs: { digest: "d" } } },
};

test("templates are filled in wherever texts stand, and nothing else is touched", () => {
  const step = {
    command: ["a-{{ inputs.version }}", "{{inputs.count}}"],
    deep: [{ x: "{{tag}}/{{stages.build.outputs.digest}}/{{matrix.node}}" }],
    n: 1,
  };
  expect(fillTemplates(step, values)).toEqual({ command: ["a-1.2.0", "3"], deep: [{ x: "v1/d/24" }], n: 1 });
  expect(fillTemplates({ text: "Hello {{name}}" }, values)).toEqual({ text: "Hello {{name}}" });
  expect(() => fillTemplates({ x: "{{stages.build.outputs.nope}}" }, values)).toThrow(
    "{{stages.build.outputs.nope}} has no value in this run",
  );
});

test("a value that looks like a template stays what it is", () => {
  expect(fillTemplates({ x: "{{inputs.version}}" }, { ...values, inputs: { version: "{{environment}}" } })).toEqual({
    x: "{{environment}}",
  });
});

test("a matrix has every combination once", () => {
  expect(combinations({ a: [1, 2], b: ["x", "y"] })).toEqual([
    { a: 1, b: "x" },
    { a: 1, b: "y" },
    { a: 2, b: "x" },
    { a: 2, b: "y" },
  ]);
  expect(combinations(undefined)).toEqual([{}]);
});

test("inputs are checked one by one, defaults filled in, and secrets hidden", () => {
  const { inputs } = workflowSchema.parse({
    inputs: {
      version: { required: true },
      replicas: { type: "number", default: 2 },
      tier: { options: ["a", "b"] },
      token: { secret: true },
    },
    stages: [{ name: "a", run }],
  });
  expect(inputsOf({ inputs }, { version: "1", token: "hunter2" })).toEqual({
    shown: { version: "1", replicas: 2, token: "(not shown)" },
    secrets: { token: "hunter2" },
  });
  const violations = () => {
    try {
      inputsOf({ inputs }, { replicas: "2", tier: "c", token: 7, other: true });
    } catch (error) {
      return error instanceof SluiceError ? error.violations : error;
    }
  };
  expect(violations()).toEqual([
    { field: "inputs.other", found: true, allowed: "one of the inputs version, replicas, tier, token" },
    { field: "inputs.version", found: undefined, allowed: "a value of type string" },
    { field: "inputs.replicas", found: "2", allowed: "a value of type number" },
    { field: "inputs.tier", found: "c", allowed: 'one of "a", "b"' },
    { field: "inputs.token", found: "(not shown)", allowed: "a value of type string" },
  ]);
});
