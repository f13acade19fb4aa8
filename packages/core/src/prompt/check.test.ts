import { expect, test } from "vitest";
import { VERSION_SPECS } from "../artifact/version.schema.ts";
import { digestOf } from "../revision/digest.ts";
import { checkPrompt } from "./check.ts";

const prompt = (spec: object) => VERSION_SPECS.prompt.parse(spec);

test("texts and variables that agree have nothing wrong", () => {
  const variables = [{ name: "customer" }, { name: "tone", default: "friendly" }];
  expect(checkPrompt(prompt({ text: "Write to {{customer}}, {{tone}}.", variables }))).toEqual([]);
  const messages = [
    { role: "system", content: "Be {{tone}}." },
    { role: "user", content: "I am {{customer}}." },
  ];
  expect(checkPrompt(prompt({ messages, variables }))).toEqual([]);
});

test("an undeclared variable is named with its field, its place, and what is declared", () => {
  const messages = [
    { role: "system", content: "Be kind." },
    { role: "user", content: "Hello,\nI am {{custmer}}." },
  ];
  expect(checkPrompt(prompt({ messages, variables: [{ name: "customer" }] }))).toEqual([
    {
      field: "messages[1].content",
      found: "{{custmer}}",
      allowed: expect.stringMatching(/^at line 2, column 6 .*declared: customer/),
    },
  ]);
});

test("an unused variable is named with its place in the list", () => {
  expect(checkPrompt(prompt({ text: "Hello {{a}}", variables: [{ name: "a" }, { name: "b" }] }))).toEqual([
    { field: "variables[1].name", found: "b", allowed: expect.stringContaining("{{b}}") },
  ]);
});

test("what is no template is named with what stands there", () => {
  expect(checkPrompt(prompt({ text: "{% if a %}{{#a}}" }))).toEqual([
    { field: "text", found: expect.stringContaining("{{#a}}"), allowed: expect.stringContaining("line 1, column 11") },
  ]);
});

test("braces are text where the version says so, and then there are no variables", () => {
  expect(checkPrompt(prompt({ text: "{{ not.ours }}", template: "none" }))).toEqual([]);
  expect(checkPrompt(prompt({ text: "x", template: "none", variables: [{ name: "a" }] }))).toMatchObject([
    { field: "variables" },
  ]);
});

test("a prompt from before there were variables is read as it was, and keeps its digest", () => {
  const spec = prompt({ text: "Hello {{ anything }}", model: "small" });
  expect(spec).toEqual({ text: "Hello {{ anything }}", model: "small", parameters: {} });
  expect(digestOf(spec)).toBe(digestOf({ model: "small", parameters: {}, text: "Hello {{ anything }}" }));
});

test.each([
  [[{ name: "a b" }], "variables.0.name"],
  [[{ name: "a" }, { name: "a" }], "variables"],
  [[{ name: "a", type: "integer", default: 1.5 }], "variables.0.default"],
  [[{ name: "a", default: 1 }], "variables.0.default"],
  [[{ name: "a", required: true, default: "x" }], "variables.0.required"],
  [[{ name: "a", types: "string" }], "variables.0"],
])("declarations that cannot be are refused: %j", (variables, path) => {
  const parsed = VERSION_SPECS.prompt.safeParse({ text: "{{a}}", variables });
  expect(parsed.error?.issues.map((issue) => issue.path.join("."))).toContain(path);
});
