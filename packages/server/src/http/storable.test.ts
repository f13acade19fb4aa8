import { expect, test } from "vitest";
import { unstorableIn } from "./storable.ts";

const nested = (depth: number): unknown => (depth === 0 ? "end" : [nested(depth - 1)]);

test.each([
  [{ a: [{ b: "x\0" }] }, "a[0].b"],
  [{ a: "\ud800" }, "a"],
  [{ "k\0": 1 }, ""],
  [{ a: Number.POSITIVE_INFINITY }, "a"],
])("%j is found where it stands", (input, field) => {
  expect(unstorableIn(input)).toMatchObject({ field, allowed: expect.any(String) });
});

test("text of every language is storable", () => {
  expect(unstorableIn({ a: ["é漢字🎉", 1, null, true] })).toBeNull();
});

test("nesting has a limit, and looking for it needs no stack", () => {
  expect(unstorableIn(nested(64))).toBeNull();
  expect(unstorableIn(nested(65))).toMatchObject({ allowed: "at most 64 levels of nesting" });
  const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
  expect(unstorableIn(deep)).toMatchObject({ allowed: "at most 64 levels of nesting" });
});
