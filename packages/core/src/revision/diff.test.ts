import fc from "fast-check";
import { expect, test } from "vitest";
import { diff } from "./diff.ts";

test("a diff names each value by its pointer", () => {
  const before = { command: ["node", "a.mjs"], env: { MODE: "good", "a/b": "1" } };
  const after = { command: ["node", "b.mjs", "-v"], env: { MODE: "slow" } };
  expect(diff(before, after)).toEqual([
    { path: "/command/1", change: "changed", from: "a.mjs", to: "b.mjs" },
    { path: "/command/2", change: "added", to: "-v" },
    { path: "/env/MODE", change: "changed", from: "good", to: "slow" },
    { path: "/env/a~1b", change: "removed", from: "1" },
  ]);
});

test("a document does not differ from itself", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (document) => {
      expect(diff(document, structuredClone(document))).toEqual([]);
    }),
  );
});

test("a list and an object are different things even with the same keys", () => {
  expect(diff(["a"], { 0: "a" })).toHaveLength(1);
});
