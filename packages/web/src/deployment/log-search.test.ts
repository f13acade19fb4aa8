import fc from "fast-check";
import { expect, test } from "vitest";
import { hitsIn, nextHit, stretches } from "./log-search.ts";

test("what is searched is found in any case, every time it stands there", () => {
  expect(stretches("Error: error", "error")).toEqual([
    { text: "Error", found: true },
    { text: ": ", found: false },
    { text: "error", found: true },
  ]);
  expect(stretches("fine", "error")).toEqual([{ text: "fine", found: false }]);
  expect(stretches("", "error")).toEqual([{ text: "", found: false }]);
});

test("no letter of a line is lost, whatever is searched", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme", maxLength: 3 }), (text, sought) => {
      const cut = stretches(text, sought);
      expect(cut.map((one) => one.text).join("")).toBe(text);
      expect(cut.some(({ found }) => found)).toBe(hitsIn([{ text }], sought).length > 0);
    }),
  );
});

test("the next one is behind this one, and after the last comes the first", () => {
  const hits = hitsIn(
    ["a", "b", "A", "c"].map((text) => ({ text })),
    "a",
  );
  expect(hits).toEqual([0, 2]);
  expect([nextHit(hits, 0), nextHit(hits, 2), nextHit([], 0)]).toEqual([2, 0, null]);
});
