import { expect, test } from "vitest";
import { powersOfTen } from "./powers.ts";

test("a scale has a line at every power of ten within it, its ends included", () => {
  expect(powersOfTen(0.1, 500)).toEqual([0.1, 1, 10, 100]);
  expect(powersOfTen(0.001, 1_000)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1_000]);
  expect(powersOfTen(2, 9)).toEqual([]);
});

test("a long scale has evenly fewer, and the 1 among them", () => {
  const lines = powersOfTen(0.1, 1e30);
  expect(lines.length).toBeLessThanOrEqual(8);
  expect(lines).toContain(1);
  expect(new Set(lines.slice(1).map((line, index) => Math.round(Math.log10(line / (lines[index] ?? 1))))).size).toBe(1);
});
