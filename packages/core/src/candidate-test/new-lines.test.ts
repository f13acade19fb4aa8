import fc from "fast-check";
import { expect, test } from "vitest";
import { newLines } from "./new-lines.ts";

test("only what was written since counts, also when the same line was written before", () => {
  expect(newLines([], ["a"])).toEqual(["a"]);
  expect(newLines(["a", "b"], ["a", "b"])).toEqual([]);
  expect(newLines(["a", "a"], ["a", "a", "a"])).toEqual(["a"]);
  expect(newLines(["a", "b", "c"], ["c", "d"])).toEqual(["d"]);
  expect(newLines(["a"], ["b", "c"])).toEqual(["b", "c"]);
});

test("of a log of different lines, whatever part is kept, exactly the appended lines are new", () => {
  fc.assert(
    fc.property(fc.nat(30), fc.nat(30), fc.integer({ min: 1, max: 40 }), (old, appended, kept) => {
      const log = Array.from({ length: old + appended }, (_, index) => `line ${index}`);
      const before = log.slice(0, old).slice(-kept);
      const after = log.slice(-kept);
      expect(newLines(before, after)).toEqual(log.slice(old).slice(-kept));
    }),
  );
});

test("it agrees with looking for the longest overlap by hand", () => {
  const lines = fc.array(fc.constantFrom("a", "b"), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const lengths = after.map((_, index) => index + 1).filter((length) => length <= before.length);
      const longest = Math.max(
        0,
        ...lengths.filter((length) => before.slice(-length).join() === after.slice(0, length).join()),
      );
      expect(newLines(before, after)).toEqual(after.slice(longest));
    }),
  );
});
