import fc from "fast-check";
import { expect, test } from "vitest";
import { type Line, linesOf, shortened } from "./lines.ts";

const SIGNS = { both: " ", before: "-", after: "+" } as const;
const drawn = (lines: readonly (Line | number)[]): string[] =>
  lines.map((line) => (typeof line === "number" ? `… ${line}` : `${SIGNS[line.side]}${line.text}`));

test("what is the same in both is said once", () => {
  expect(drawn(linesOf("a\nb\nc\nd", "a\nc\nx\nd"))).toEqual([" a", "-b", " c", "+x", " d"]);
  expect(drawn(linesOf("a", "b"))).toEqual(["-a", "+b"]);
  expect(drawn(linesOf("a\na", "a"))).toEqual([" a", "-a"]);
});

test("what is far from every difference is counted", () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const after = before.with(10, "another");
  expect(drawn(shortened(linesOf(before.join("\n"), after.join("\n"))))).toEqual([
    ...["… 8", " line 8", " line 9", "-line 10", "+another", " line 11", " line 12", "… 7"],
  ]);
});

test("both texts are in the lines, whatever they are", () => {
  const text = fc.array(fc.constantFrom("", "a", "b", "c"), { maxLength: 12 }).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = linesOf(before, after);
      const of = (side: Line["side"]) =>
        lines
          .filter((line) => line.side === "both" || line.side === side)
          .map((line) => line.text)
          .join("\n");
      expect([of("before"), of("after")]).toEqual([before, after]);
    }),
  );
});

test("texts of many lines that have none in common take no longer than it takes to show them", () => {
  const many = (word: string): string => Array.from({ length: 20_000 }, (_, at) => `${word} ${at}`).join("\n");
  expect(linesOf(many("a"), many("b"))).toHaveLength(40_000);
});
