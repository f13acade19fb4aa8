import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { podsFor, possibleWeights, replicasFor, weightIsPossible, weightOfPods } from "./pod-share.ts";
import { FULL_WEIGHT } from "./split.ts";

describe("podsFor", () => {
  test.each([
    [
      "a quarter of four, with the candidate's one pod ready",
      2_500,
      { stable: 4, candidate: 1 },
      { stable: 3, candidate: 1 },
    ],
    ["one in twenty", 500, { stable: 20, candidate: 1 }, { stable: 19, candidate: 1 }],
    ["half, with as many pods as there can be", 5_000, { stable: 7, candidate: 4 }, { stable: 4, candidate: 4 }],
    ["nothing", 0, { stable: 3, candidate: 3 }, { stable: 3, candidate: 0 }],
    ["everything", FULL_WEIGHT, { stable: 3, candidate: 3 }, { stable: 0, candidate: 3 }],
  ])("gives %s", (_, weight, ready, pods) => {
    expect(podsFor(weight, ready)).toEqual(pods);
  });

  // edge case 17
  test("keeps the ratio when stable loses pods, with fewer pods of both", () => {
    expect(podsFor(2_500, { stable: 2, candidate: 1 })).toEqual({ stable: 2, candidate: 1 });
    expect(podsFor(2_500, { stable: 12, candidate: 5 })).toEqual({ stable: 12, candidate: 4 });
  });

  // edge cases 18, 21 and 23
  test("leaves the only revision with ready pods alone, whatever the weight", () => {
    expect(podsFor(5_000, { stable: 3, candidate: 0 })).toEqual({ stable: 3, candidate: 0 });
    expect(podsFor(0, { stable: 0, candidate: 2 })).toEqual({ stable: 0, candidate: 2 });
  });

  const count = fc.integer({ min: 0, max: 60 });
  const weights = fc.integer({ min: 0, max: FULL_WEIGHT });

  test("never chooses more pods than are ready, and never none while one is", () => {
    fc.assert(
      fc.property(weights, count, count, (weight, stable, candidate) => {
        const pods = podsFor(weight, { stable, candidate });
        expect(pods.stable).toBeLessThanOrEqual(stable);
        expect(pods.candidate).toBeLessThanOrEqual(candidate);
        expect(pods.stable + pods.candidate > 0).toBe(stable + candidate > 0);
      }),
    );
  });

  test("leaves no revision without a pod that has a share and a ready one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: FULL_WEIGHT - 1 }), count, count, (weight, stable, candidate) => {
        fc.pre(stable > 0 && candidate > 0);
        const pods = podsFor(weight, { stable, candidate });
        expect(Math.min(pods.stable, pods.candidate)).toBeGreaterThan(0);
        expect(pods.stable + pods.candidate).toBeGreaterThanOrEqual(Math.max(stable, candidate) / 2);
      }),
    );
  });

  test("gives every weight that the number of replicas allows, exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (replicas, part) => {
        fc.pre(part <= replicas && (part * FULL_WEIGHT) % replicas === 0);
        const weight = (part * FULL_WEIGHT) / replicas;
        expect(weightOfPods(podsFor(weight, { stable: replicas, candidate: part }))).toBe(weight);
        expect(weightIsPossible(weight, replicas)).toBe(true);
      }),
    );
  });
});

test("says which weights there are, and how many instances another one needs", () => {
  expect(possibleWeights(1)).toBe("50 %, 100 %");
  expect(possibleWeights(4)).toBe("20 %, 25 %, 33.33 %, 40 %, 50 %, … 100 %");
  expect(weightIsPossible(500, 4)).toBe(false);
  expect(replicasFor(500)).toBe(19);
  expect(replicasFor(2_500)).toBe(3);
  expect(replicasFor(FULL_WEIGHT)).toBe(1);
  expect(replicasFor(1)).toBe(6_666);
});

test("no pods have no weight", () => {
  expect(weightOfPods({ stable: 0, candidate: 0 })).toBeNull();
});
