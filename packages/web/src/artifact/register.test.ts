import { expect, test } from "vitest";
import { DraftError, EMPTY, PLAIN_VARIABLE } from "./register.draft.ts";
import { specOf, variablesOf } from "./register.ts";

test("a program is its arguments line by line, with what it finds around it", () => {
  const draft = {
    ...EMPTY,
    command: "node\n  server.mjs \n\n--name=Ada Lovelace",
    workdir: "app",
    env: "MODE=good\n\nURL=a=b",
  };
  const spec = {
    command: ["node", "server.mjs", "--name=Ada Lovelace"],
    workdir: "app",
    env: { MODE: "good", URL: "a=b" },
  };
  expect(specOf("application", draft)).toEqual(spec);
  expect(specOf("model", { ...draft, form: "second", process: "job" })).toEqual({ ...spec, process: "job" });
  expect(specOf("agent", { ...EMPTY, image: " registry.example/agent:1 " })).toEqual({
    image: "registry.example/agent:1",
  });
});

test("every kind may say what it is made of, and what it does to its data", () => {
  const draft = {
    ...{ ...EMPTY, command: "node", components: "tokenizer=2.1\nranker=3" },
    migrations: "up: [add-column]\ndown: []",
    sbom: '{"bomFormat": "CycloneDX"}',
  };
  expect(specOf("application", draft)).toEqual({
    command: ["node"],
    components: { tokenizer: "2.1", ranker: "3" },
    migrations: { up: ["add-column"], down: [] },
    sbom: { bomFormat: "CycloneDX" },
  });
});

test("a prompt declares the variables that its text names, each once, as they are described", () => {
  const text = "Hi {{name}}, {{ name }} of {{place}}, {{age}}";
  const variables = {
    place: { ...PLAIN_VARIABLE, given: "default", fallback: "", description: " where " },
    age: { ...PLAIN_VARIABLE, type: "integer", given: "default", fallback: "7" },
    gone: { ...PLAIN_VARIABLE, given: "optional" },
  } as const;
  expect(specOf("prompt", { ...EMPTY, text, variables, parameters: "temperature: 0" })).toEqual({
    text,
    parameters: { temperature: 0 },
    variables: [
      { name: "name" },
      { name: "place", default: "", description: "where" },
      { name: "age", type: "integer", default: 7 },
    ],
  });
  expect(specOf("prompt", { ...EMPTY, text: "Hi {{#if}}", literal: true, model: "small" })).toEqual({
    ...{ text: "Hi {{#if}}", template: "none", model: "small" },
  });
});

test("a prompt of messages names the variables of all of them", () => {
  const messages = [
    { key: "1", role: "system", content: "You are {{who}}." },
    { key: "2", role: "user", content: "{{question}}, {{who}}?" },
  ] as const;
  expect(specOf("prompt", { ...EMPTY, text: "unused", messages })).toEqual({
    messages: messages.map(({ role, content }) => ({ role, content })),
    variables: [{ name: "who" }, { name: "question" }],
  });
});

test("a pipeline is a template or a configuration, with parameters", () => {
  expect(specOf("pipeline", { ...EMPTY, template: "process-topk-v1", parameters: '{"top_k":5}' })).toEqual({
    template: "process-topk-v1",
    parameters: { top_k: 5 },
  });
  const own = {
    ...EMPTY,
    form: "second",
    config: "service:\n  pipelines: {}",
    parametersSchema: "type: object",
  } as const;
  expect(specOf("pipeline", own)).toEqual({
    config: { service: { pipelines: {} } },
    parametersSchema: { type: "object" },
  });
});

test("a model is files in the storage with what reads them", () => {
  expect(specOf("model", { ...EMPTY, files: "s3://models/iris", runtime: "onnx" })).toEqual({
    files: "s3://models/iris",
    runtime: "onnx",
  });
});

const broken = { ...EMPTY, messages: [{ key: "1", role: "user", content: "{{#if}}" }] } as const;
const wrong = { type: "number", given: "default", fallback: "seven" } as const;

test.each([
  ["spec.env", () => specOf("application", { ...EMPTY, env: "MODE" })],
  ["spec.components", () => specOf("prompt", { ...EMPTY, components: "=1" })],
  ["spec.migrations", () => specOf("agent", { ...EMPTY, migrations: "[]" })],
  ["spec.parameters", () => specOf("prompt", { ...EMPTY, parameters: "{" })],
  ["spec.config", () => specOf("pipeline", { ...EMPTY, form: "second" })],
  ["spec.text", () => variablesOf({ ...EMPTY, text: "Hi {{#if}}" })],
  ["spec.messages[0].content", () => variablesOf(broken)],
  [
    "spec.variables[0].default",
    () => specOf("prompt", { ...EMPTY, text: "{{a}}", variables: { a: { ...PLAIN_VARIABLE, ...wrong } } }),
  ],
] as const)("what cannot be read is told at %s", (field, read) => {
  const error = (() => {
    try {
      return read();
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(DraftError);
  expect(error).toMatchObject({ field });
});
