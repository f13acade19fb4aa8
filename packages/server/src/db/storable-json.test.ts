import fc from "fast-check";
import { expect, test } from "vitest";
import { storableJson, storableText } from "./storable-json.ts";

test("text without NUL and half surrogate pairs stays as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!text.includes("\\u0000") && text.isWellFormed() && !/\\ud[89a-f]/i.test(text));
      expect(JSON.parse(storableJson(value))).toEqual(JSON.parse(text));
    }),
  );
});

test("what PostgreSQL refuses is replaced, in values and in names", () => {
  const stored = storableJson({ "a\0b": ["\ud800", Number.NaN, { message: "x\0" }] });
  expect(JSON.parse(stored)).toEqual({ "a\u{fffd}b": ["\u{fffd}", null, { message: "x\u{fffd}" }] });
});

test("no text gets through with NUL", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(storableText(text)).not.toContain("\0");
      expect(storableText(text).isWellFormed()).toBe(true);
    }),
  );
});
