import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { covers } from "./covers.ts";

describe("an object covers what is wanted", () => {
  test.each([
    ["with defaults that were added", { a: 1, group: "" }, { a: 1 }, true],
    ["with another value", { a: 2 }, { a: 1 }, false],
    ["without it", {}, { a: { b: 1 } }, false],
    ["with one backend more", { rules: [{ a: 1 }, { a: 2 }] }, { rules: [{ a: 1 }] }, false],
    ["with defaults inside of a list", { rules: [{ a: 1, weight: 1 }] }, { rules: [{ a: 1 }] }, true],
    ["where nothing is wanted", { a: 1 }, { a: undefined }, true],
    ["null", null, {}, false],
  ])("%s: %#", (_, actual, wanted, covered) => {
    expect(covers(actual, wanted)).toBe(covered);
  });

  test("which is always so of itself", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => covers(value, value)));
  });
});
