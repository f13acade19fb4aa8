import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCsv, readJsonFile } from "./file.answer.ts";
import { type ArmLabels, asPromQl, fillTemplate, namesArm } from "./metric.template.ts";
import { readJson } from "./webhook.source.ts";

const LABELS: ArmLabels = { revision: "2", version: "1.1.0", deployment: "greeter", environment: "production" };

describe("a template", () => {
  test("is filled with what identifies the arm", () => {
    expect(fillTemplate('up{rev="{{revision}}",v="{{ version }}",d="{{deployment}}"}', LABELS, asPromQl)).toEqual({
      text: 'up{rev="2",v="1.1.0",d="greeter"}',
    });
    expect(fillTemplate("/{{environment}}/{{version}}", { ...LABELS, version: "a/b c" }, encodeURIComponent)).toEqual({
      text: "/production/a%2Fb%20c",
    });
  });

  // edge case 32
  test("with an empty label is refused, since it would match everything", () => {
    expect(fillTemplate('up{v="{{version}}"}', { ...LABELS, version: "" }, asPromQl)).toEqual({
      problem: "{{version}} is empty, which would match everything; allowed: a label",
    });
  });

  test("with an unknown name is refused, naming those that exist", () => {
    expect(fillTemplate("{{pod}}", LABELS, asPromQl)).toEqual({
      problem: "{{pod}} is not known; allowed: {{revision}}, {{version}}, {{deployment}}, {{environment}}",
    });
  });

  test("cannot be broken out of by a label", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (version) => {
        const filled = fillTemplate('"{{version}}"', { ...LABELS, version }, asPromQl);
        const text = "text" in filled ? filled.text : "";
        expect(text.slice(1, -1)).not.toMatch(/^(?:[^\\]|\\.)*?(?<!\\)(?:\\\\)*"/s);
      }),
    );
  });

  test("tells the arms apart by revision or version, and by nothing else", () => {
    expect([namesArm("{{revision}}"), namesArm("x", "{{version}}"), namesArm("{{deployment}}"), namesArm("")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("a webhook's answer", () => {
  test.each([
    ['{"value": 3}', "$.value", [3]],
    ['{"data": [{"v": 1}, {"v": 2}]}', "$.data[*].v", [1, 2]],
    ['{"values": [1, null, 2]}', "$.values", [1, 2]],
  ])("%s holds at %s %j", (text, path, values) => {
    expect(readJson(text, path)).toEqual({ kind: "values", values });
  });

  // edge case 26
  test.each([
    ["no JSON", "NaN", "$.value", "invalid"],
    ["null", '{"value": null}', "$.value", "no_data"],
    ["nothing there", "{}", "$.value", "no_data"],
    ["an empty list", '{"value": []}', "$.value", "no_data"],
    ["a text", '{"value": "3"}', "$.value", "invalid"],
    ["an object", '{"value": {}}', "$.value", "invalid"],
    ["a path that is none", '{"value": 1}', "value", "invalid"],
    ["more than fits a number", '{"value": 1e999}', "$.value", "invalid"],
  ])("with %s is typed", (_, text, path, kind) => {
    expect(readJson(text, path)).toMatchObject({ kind, message: expect.stringMatching(/\w/) });
  });

  test("in which the path would have findings without end is given up", () => {
    const nested = `${"[1,".repeat(200)}1${"]".repeat(200)}`;
    const path = `$${"..*".repeat(8)}`;
    expect(readJson(nested, path)).toEqual({
      kind: "invalid",
      message: `the path ${path} took more than 1000 ms; allowed: a plainer path`,
    });
  });

  test("never makes a reading throw", () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.string({ maxLength: 20 }),
        (text, path) => typeof readJson(text, path).kind === "string",
      ),
    );
  });
});

describe("a CSV file", () => {
  // edge case 27
  test("ends with its last whole line: the one being written is not read", () => {
    expect(readCsv("at,value\n1,10\n2,20\n3,3", "value")).toEqual({ kind: "values", values: [10, 20] });
  });

  // edge case 26
  test("has gaps, and refuses what is no number with its line", () => {
    expect(readCsv("value\n1\nNaN\n\n2\n", "value")).toEqual({ kind: "values", values: [1, 2] });
    expect(readCsv("value\n1\nmany\n", "value")).toEqual({
      kind: "invalid",
      message: "line 3: value is many; allowed: numbers",
    });
    expect(readCsv("a,b\n1,2\n", "value")).toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(/columns: a, b/),
    });
    expect([readCsv("", "value").kind, readCsv("value\n", "value").kind]).toEqual(["no_data", "no_data"]);
  });

  test("never makes a reading throw", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof readCsv(`value\n${text}\n`, "value").kind === "string"));
  });
});

describe("a JSON file", () => {
  test.each([
    ["[1, 2]", [1, 2]],
    ['{"value": [1, null, 2], "other": [9]}', [1, 2]],
    ['[{"value": 1}, {"value": 2}]', [1, 2]],
  ])("%s holds %j", (text, values) => {
    expect(readJsonFile(text, "value")).toEqual({ kind: "values", values });
  });

  // edge case 26
  test.each([
    ["[1, 2", "invalid", /not JSON/],
    ["[]", "no_data", /empty/],
    ["{}", "invalid", /no list at value/],
    ['[1, "2"]', "invalid", /entry 2 is "2"/],
  ])("%s is typed as %s", (text, kind, message) => {
    expect(readJsonFile(text, "value")).toEqual({ kind, message: expect.stringMatching(message) });
  });

  test("never makes a reading throw", () => {
    fc.assert(fc.property(fc.json(), (text) => typeof readJsonFile(text, "value").kind === "string"));
  });
});
