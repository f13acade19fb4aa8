import { describe, expect, test } from "vitest";
import { type Drift, describeDrift, driftNews, rememberedDrifts } from "./drift.ts";

const image: Drift = { about: { revision: 2 }, what: 'Deployment a: image is "1", was "2"', mendedAt: null };
const weights: Drift = { about: "traffic", what: "HTTPRoute a", mendedAt: 5_000 };
const MINUTE = 60_000;

// edge case 51
describe("what somebody else changed underneath", () => {
  test("is told once, and again when it is still so, or so again, after a while", () => {
    const [first] = driftNews([], [image], 0);
    expect(first).toEqual({ ...image, at: 0 });
    const told = first === undefined ? [] : [first];
    expect(driftNews(told, [image], 9 * MINUTE)).toEqual([]);
    expect(driftNews(told, [image], 10 * MINUTE)).toEqual([{ ...image, at: 10 * MINUTE }]);
  });

  test("is other news for another revision, and when it is something else", () => {
    const told = [{ ...image, at: 0 }];
    expect(driftNews(told, [{ ...image, about: { revision: 3 } }], 1)).toHaveLength(1);
    expect(driftNews(told, [{ ...image, what: "Service a is gone" }], 1)).toHaveLength(1);
  });

  test("and was put back already is told once, however long it is seen", () => {
    const told = driftNews([], [weights], 6_000);
    expect(told).toEqual([{ ...weights, at: 5_000 }]);
    expect(driftNews(rememberedDrifts(told, [weights], 24 * 60 * MINUTE), [weights], 24 * 60 * MINUTE)).toEqual([]);
    const again = { ...weights, mendedAt: 5_000 + 10 * MINUTE };
    expect(driftNews(told, [again], 11 * MINUTE)).toHaveLength(1);
  });

  test("is forgotten when it would be news again", () => {
    expect(rememberedDrifts([{ ...image, at: 0 }], [image], 10 * MINUTE)).toEqual([]);
    expect(rememberedDrifts([{ ...image, at: 0 }], [image], 9 * MINUTE)).toHaveLength(1);
  });

  test("and put back is forgotten when nobody speaks of it any more", () => {
    const told = [{ ...weights, at: 5_000 }];
    expect(rememberedDrifts(told, [], 9 * MINUTE)).toEqual(told);
    expect(rememberedDrifts(told, [], 11 * MINUTE)).toEqual([]);
    expect(rememberedDrifts(told, [{ ...weights, mendedAt: 10 * MINUTE }], 11 * MINUTE)).toEqual([]);
  });

  test("is told as what it is, and what becomes of it", () => {
    expect(describeDrift(image)).toBe(
      'revision 2 was changed by somebody else (Deployment a: image is "1", was "2"); it is put back',
    );
    expect(describeDrift(weights)).toBe("the traffic was changed by somebody else (HTTPRoute a); it was put back");
  });
});
