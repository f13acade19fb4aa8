import { PIPELINE_TEMPLATES } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { freeTextOf, jsonOrText, parametersOf, readParameters, textOf } from "./parameters.ts";

test.each(PIPELINE_TEMPLATES.map((template) => [template.name, template] as const))(
  "the example of %s comes back as it was, by way of its fields",
  (_name, { schema, example }) => {
    const parameters = parametersOf(schema) ?? [];
    expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(example)));
    const written = Object.fromEntries(Object.entries(example).map(([name, value]) => [name, textOf(value)]));
    expect(readParameters(written, parameters)).toEqual(example);
  },
);

test("what is left empty is not said", () => {
  const parameters = parametersOf({ properties: { top: { type: "integer" }, on: { type: "boolean" } } }) ?? [];
  expect(readParameters({ top: " ", on: "false" }, parameters)).toEqual({ on: false });
});

test("where no schema says a type, every value comes back as it was", () => {
  expect(["7", "true", "a b", 7, [1], null].map(freeTextOf)).toEqual(['"7"', '"true"', "a b", "7", "[1]", "null"]);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.jsonValue()), (value) => {
      const json = JSON.parse(JSON.stringify(value));
      expect(jsonOrText(freeTextOf(json))).toEqual(json);
    }),
  );
});

test("a schema without properties takes everything", () => {
  expect(parametersOf(undefined)).toBeNull();
  expect(parametersOf({ type: "object" })).toBeNull();
});
