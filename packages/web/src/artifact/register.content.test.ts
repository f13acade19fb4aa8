import type { Artifact } from "@sluice/client";
import { expect, test } from "vitest";
import { begunWith, type Content, inFields, inText, specOfContent } from "./register.content.ts";
import { EMPTY } from "./register.draft.ts";

type Kind = Artifact["kind"];

/** As the server answers them: with what is usual written out. */
const SPECS: readonly (readonly [string, Kind, Record<string, unknown>])[] = [
  ["a program", "application", { command: ["node", "server.mjs"], workdir: "app", env: { MODE: "good" } }],
  ["an image that works on", "agent", { image: "registry.example/a:1", process: "stream", env: {} }],
  ["one that says what is usual", "application", { command: ["node"], process: "service", env: {} }],
  ["a text", "prompt", { text: "Hi {{name}}", parameters: {}, variables: [{ name: "name", type: "string" }] }],
  [
    "messages",
    "prompt",
    {
      messages: [
        { role: "system", content: "You are {{who}}" },
        { role: "user", content: "{{question}}\n{{more}}" },
      ],
      parameters: { temperature: 0.2 },
      variables: [
        { name: "who", default: "" },
        { name: "question", required: true, description: "what is asked" },
        { name: "more", type: "json", default: [1] },
      ],
    },
  ],
  ["braces that are text", "prompt", { text: "{{{", template: "none", parameters: {} }],
  ["a template of the catalogue", "pipeline", { template: "process-topk-v1", parameters: { top_k: 5 } }],
  [
    "a collector's own configuration",
    "pipeline",
    { config: { service: { pipelines: {} } }, parametersSchema: { type: "object" }, parameters: {} },
  ],
  [
    "files",
    "model",
    { files: "s3://m/1", runtime: "onnx", manifest: [{ name: "a", path: "a", bytes: 1, sha256: "00" }] },
  ],
  ["a model of its own", "model", { image: "registry.example/m:1", env: {} }],
  [
    "parts, migrations and an SBOM",
    "application",
    { command: ["a"], env: {}, components: { a: "1" }, migrations: { up: ["x"], down: [] }, sbom: { a: [{}] } },
  ],
];

/** Without what is usual, which says nothing. */
const bare = (spec: Record<string, unknown>): unknown =>
  JSON.parse(
    JSON.stringify(spec, (name, value) => {
      const isUsual = (name === "env" || name === "parameters") && JSON.stringify(value) === "{}";
      const isSaid = name === "required" && value === true;
      return isUsual || isSaid || value === "service" || (name === "type" && value === "string") ? undefined : value;
    }),
  );

test.each(SPECS)("%s has fields for all that it says", (_what, kind, spec) => {
  const content = begunWith(kind, spec);
  expect(content).toHaveProperty("draft");
  expect(specOfContent(kind, content)).toEqual(bare(spec));
  const text = inText(kind, content) as Content;
  expect(specOfContent(kind, text)).toEqual(bare(spec));
  expect(specOfContent(kind, inFields(kind, text) as Content)).toEqual(bare(spec));
});

test.each([
  ["lines within an argument", "application", { command: ["sh", "-c", "a\nb"] }],
  ["lines within a variable", "agent", { command: ["a"], env: { A: "1\n2" } }],
  ["variables in an order of their own", "prompt", { text: "{{a}}{{b}}", variables: [{ name: "b" }, { name: "a" }] }],
  ["what no form knows", "application", { command: ["a"], future: true }],
] as const)("%s are begun with as the text that they are", (_what, kind, spec) => {
  const content = begunWith(kind, spec);
  expect(content).toHaveProperty("text");
  expect(specOfContent(kind, content)).toEqual(spec);
  expect(inFields(kind, content)).toContain("no fields for all");
});

test("nothing is begun with nothing, and a text that cannot be read says why", () => {
  expect(inFields("prompt", begunWith("prompt", undefined))).toHaveProperty("draft");
  expect(inFields("prompt", { text: " " })).toHaveProperty("draft");
  expect(inFields("prompt", { text: "{" })).toContain("spec: ");
  expect(inText("application", { draft: { ...EMPTY, env: "MODE" } })).toBe("spec.env: MODE is no name=value");
});
