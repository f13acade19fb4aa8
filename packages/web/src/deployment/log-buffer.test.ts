import fc from "fast-check";
import { expect, test } from "vitest";
import { LogBuffer } from "./log-buffer.ts";

const line = (text: string) => ({ instance: "i-1", stream: "stdout" as const, text, at: null });

test("the last lines are kept, in order, and what was dropped is known, however many come", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 200 }), (keep, come) => {
      const buffer = new LogBuffer(keep);
      for (let number = 1; number <= come; number += 1) buffer.push(line(String(number)));
      const kept = Math.min(keep, come);
      expect(buffer.last().map(({ number }) => number)).toEqual(
        Array.from({ length: kept }, (_, index) => come - kept + 1 + index),
      );
      expect(buffer.last().every(({ number, text }) => text === String(number))).toBe(true);
      expect(buffer.count - buffer.dropped).toBe(kept);
    }),
  );
});

test("colours are left out, markup stays text, and a line without end is cut", () => {
  const buffer = new LogBuffer(10);
  buffer.push(line("\u001b[31mred\u001b[0m \u001b]0;title\u0007<b>not bold</b>"));
  buffer.push(line("x".repeat(1_000_000)));
  const [first, second] = buffer.last();
  expect(first?.text).toBe("red <b>not bold</b>");
  expect(second?.text.length).toBeLessThan(5_000);
});

test("cleared, it begins anew", () => {
  const buffer = new LogBuffer(2);
  for (const text of ["a", "b", "c"]) buffer.push(line(text));
  buffer.clear();
  buffer.push(line("d"));
  expect(buffer.last()).toMatchObject([{ number: 1, text: "d" }]);
  expect(buffer.dropped).toBe(0);
});
