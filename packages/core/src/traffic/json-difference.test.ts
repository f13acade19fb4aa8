import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { same } from "../same.ts";
import { ignoredPlaces, jsonDifference } from "./json-difference.ts";

const difference = (left: unknown, right: unknown, ...ignore: string[]) =>
  jsonDifference(left, right, ignoredPlaces(ignore));

describe("the difference of two JSON documents", () => {
  test("is null exactly when they are the same, whatever the order of their keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        // JSON knows one zero; the generator knows two.
        const [one, other] = [JSON.parse(JSON.stringify(left)), JSON.parse(JSON.stringify(right))];
        expect(difference(one, JSON.parse(JSON.stringify(one)))).toBeNull();
        expect(difference(one, other) === null).toBe(same(one, other));
      }),
    );
    expect(difference({ a: 1, b: 2 }, { b: 2, a: 1 })).toBeNull();
  });

  test.each([
    [{ items: [{ price: 12 }] }, { items: [{ price: 13 }] }, "/items/0/price: 12 against 13"],
    [{ a: 1 }, {}, "/a: 1 against nothing"],
    [{}, { "a/b~": null }, "/a~1b~0: nothing against null"],
    [[1, 2], [1], "the whole body: a list of 2 against a list of 1"],
    [{ a: {} }, { a: [] }, "/a: an object against a list of 0"],
    ["x".repeat(100), "y", `the whole body: "${"x".repeat(18)}… against "y"`],
    [JSON.parse('{"__proto__": 1}'), {}, "/__proto__: 1 against nothing"],
  ])("names the place and both values: %j, %j", (left, right, expected) => {
    expect(difference(left, right)).toBe(expected);
  });

  test("is the first one in the document's order", () => {
    expect(difference({ a: 1, b: 2, c: 3 }, { a: 1, b: 0, c: 0 })).toBe("/b: 2 against 0");
  });

  test("leaves out what a pointer names, every index by - or *, and nothing else", () => {
    const left = {
      id: 1,
      items: [
        { at: 1, price: 5 },
        { at: 2, price: 6 },
      ],
      "-": 1,
    };
    const right = {
      id: 2,
      items: [
        { at: 3, price: 5 },
        { at: 4, price: 6 },
      ],
      "-": 1,
    };
    expect(difference(left, right, "/id", "/items/-/at")).toBeNull();
    expect(difference(left, right, "/id", "/items/*/at")).toBeNull();
    expect(difference(left, right, "/id", "/items/0/at")).toBe("/items/1/at: 2 against 4");
    expect(difference(left, right, "/items/-/at")).toBe("/id: 1 against 2");
    expect(difference([1], [1, 2], "/-")).toBeNull();
    expect(difference({ a: [1] }, { a: [2] }, "")).toBeNull();
    expect(difference({ "-": 1 }, { "-": 2 }, "/-")).toBeNull();
    expect(difference({ other: 1 }, { other: 2 }, "/*")).toBe("/other: 1 against 2");
  });

  test("shows no more than eighty characters of the documents", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue({ maxDepth: 6 }), (left, right) => {
        const found = difference(left, right) ?? "";
        expect(found.replace(/ against |: /g, "").length).toBeLessThanOrEqual(80);
      }),
    );
    const long = { ["k".repeat(500)]: "v".repeat(500) };
    expect(difference(long, { ["k".repeat(500)]: 1 })?.length).toBeLessThanOrEqual(80 + " against : ".length);
  });

  test("does not mind how deep a document goes", () => {
    const deep = (inside: string) => JSON.parse(`${"[".repeat(50_000)}${inside}${"]".repeat(50_000)}`);
    expect(difference(deep("1"), deep("1"))).toBeNull();
    expect(difference(deep("1"), deep("2"))?.endsWith(": 1 against 2")).toBe(true);
  });
});
