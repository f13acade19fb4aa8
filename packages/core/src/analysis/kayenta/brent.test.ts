import { describe, expect, it } from "vitest";
import { brentRoot } from "./brent.ts";

const ACCURACY = { absolute: 1e-12, steps: 100 };

describe("brentRoot", () => {
  it.each([
    ["a cubic", (x: number) => x ** 3 - 2, 0, 4, Math.cbrt(2)],
    ["an exponential", (x: number) => Math.exp(-x) - 0.1, -1, 10, Math.log(10)],
    ["a line through the middle", (x: number) => x - 1, 0, 2, 1],
    ["a jump", (x: number) => (x < 0.3 ? -1 : 1), 0, 1, 0.3],
  ])("finds the root of %s", (_, f, low, high, root) => {
    expect(brentRoot(f, low, high, ACCURACY)).toBeCloseTo(root, 9);
  });

  it("answers an end of the range that is a root", () => {
    expect(brentRoot((x) => x, 0, 1, ACCURACY)).toBe(0);
    expect(brentRoot((x) => x - 1, 0, 1, ACCURACY)).toBe(1);
  });

  it("has no answer without a change of sign, for what is no number, or when its steps run out", () => {
    expect(brentRoot((x) => x * x + 1, -1, 1, ACCURACY)).toBeNull();
    expect(brentRoot(() => Number.NaN, -1, 1, ACCURACY)).toBeNull();
    expect(brentRoot((x) => Math.cbrt(x - 0.1234), 0, 1, { ...ACCURACY, steps: 2 })).toBeNull();
  });
});
