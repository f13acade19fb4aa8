import fc from "fast-check";
import { expect, test } from "vitest";
import { LineKeys } from "./line.keys.ts";
import { keyOf } from "./outcome.ts";

test("a line has the key that it was given last", () => {
  const lines = new LineKeys();
  expect([lines.set(7, keyOf("a")), lines.set(7, keyOf("b"))]).toEqual([true, false]);
  expect([lines.has(7, keyOf("a")), lines.has(7, keyOf("b")), lines.has(8, keyOf("b"))]).toEqual([false, true, false]);
  expect(lines.count).toBe(1);
});

test("it remembers what a map would", () => {
  const entry = fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.string());
  fc.assert(
    fc.property(fc.array(entry), entry, (entries, [line, text]) => {
      const lines = new LineKeys();
      for (const [at, what] of entries) lines.set(at, keyOf(what));
      const map = new Map(entries.map(([at, what]) => [at, keyOf(what)]));
      expect(lines.count).toBe(map.size);
      expect(lines.has(line, keyOf(text))).toBe(map.get(line) === keyOf(text));
    }),
  );
});
