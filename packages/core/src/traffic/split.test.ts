import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assertSplit,
  FULL_WEIGHT,
  percentFromWeight,
  sameSplit,
  splitBetween,
  weightFromPercent,
  weightOf,
} from "./split.ts";

const weight = fc.integer({ min: 0, max: FULL_WEIGHT });

describe("a split", () => {
  test("between stable and candidate always adds up to everything", () => {
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: 1, max: 5 })),
        fc.integer({ min: 1, max: 5 }),
        weight,
        (stable, candidate, w) => {
          expect(() => assertSplit(splitBetween(stable, candidate, w))).not.toThrow();
        },
      ),
    );
  });

  test("is the same whatever its order, and with or without empty shares", () => {
    const split = splitBetween(1, 2, 0);
    expect(sameSplit(split, [{ revision: 1, weight: FULL_WEIGHT }])).toBe(true);
    expect(sameSplit(splitBetween(1, 2, 500), splitBetween(1, 2, 500).toReversed())).toBe(true);
    expect(sameSplit(splitBetween(1, 2, 500), splitBetween(1, 2, 501))).toBe(false);
    expect(weightOf(split, 3)).toBe(0);
  });

  test.each([
    [[{ revision: 1, weight: 9_999 }]],
    [
      [
        { revision: 1, weight: 10_001 },
        { revision: 2, weight: -1 },
      ],
    ],
    [
      [
        { revision: 1, weight: 5_000 },
        { revision: 1, weight: 5_000 },
      ],
    ],
    [
      [
        { revision: 1, weight: 0.5 },
        { revision: 2, weight: 9_999.5 },
      ],
    ],
    [[]],
  ])("%j is none", (entries) => {
    expect(() => assertSplit(entries)).toThrow("not a split");
  });
});

describe("a percentage", () => {
  test("with two decimals becomes a weight and comes back unchanged", () => {
    fc.assert(
      fc.property(weight, (w) => {
        expect(weightFromPercent(percentFromWeight(w))).toBe(w);
      }),
    );
  });

  test.each([-0.01, 100.01, 0.001, Number.NaN, Number.POSITIVE_INFINITY])("%d is refused", (percent) => {
    expect(() => weightFromPercent(percent)).toThrow("percentage from 0 to 100");
  });
});
