import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closedSplit, FULL_WEIGHT, splitBetween } from "../traffic/split.ts";
import { createDealer, type Dealing } from "./decide.ts";

const never = (): number => {
  throw new Error("nothing is drawn for somebody with a key");
};

function dealing(weight: number, more: Partial<Dealing> = {}): Dealing {
  const split = splitBetween(1, 2, weight);
  return { id: "dep_1", wished: split, split, pins: [], closed: null, ...more };
}

const dealt = (weight: number, key: string, more?: Partial<Dealing>) =>
  createDealer(dealing(weight, more))(key, {}, never)?.revision;

const anyKey = fc.oneof(fc.string({ unit: "binary" }), fc.string({ minLength: 1_000, maxLength: 5_000 }));
const anyWeight = fc.integer({ min: 0, max: FULL_WEIGHT });

describe("dealing by weight", () => {
  test("gives the same key the same version, whatever the key", () => {
    fc.assert(
      fc.property(anyKey, anyWeight, (key, weight) => {
        expect(dealt(weight, key)).toBe(dealt(weight, key));
      }),
    );
  });

  test("keeps who has the candidate with it while its weight grows, and gives it to everybody in the end", () => {
    fc.assert(
      fc.property(anyKey, anyWeight, anyWeight, (key, one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        if (dealt(low, key) === 2) expect(dealt(high, key)).toBe(2);
        expect([dealt(0, key), dealt(FULL_WEIGHT, key)]).toEqual([1, 2]);
      }),
    );
  });

  test.each([100, 1_000, 5_000, 9_000])("a weight of %i hundredths gets its share of keys", (weight) => {
    const count = 40_000;
    const found = Array.from({ length: count }, (_, index) => dealt(weight, `person-${index}`)).filter((r) => r === 2);
    const share = weight / FULL_WEIGHT;
    expect(Math.abs(found.length - count * share)).toBeLessThan(5 * Math.sqrt(count * share * (1 - share)));
  });

  test("draws by lot for whoever has no key", () => {
    const deal = createDealer(dealing(2_500));
    expect(deal(null, {}, () => 0.2)).toEqual({ revision: 2, reason: "SPLIT" });
    expect(deal(null, {}, () => 0.3)).toEqual({ revision: 1, reason: "SPLIT" });
  });

  test("gives everybody stable once the gate is closed, and deals the same keys again when it opens", () => {
    const wished = splitBetween(1, 2, 5_000);
    const closed = { wished, split: closedSplit(wished, { stable: 1, candidate: 2 }), closed: 2 };
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(createDealer(dealing(0, closed))(key, {}, never)).toEqual({ revision: 1, reason: "STATIC" });
      }),
    );
  });
});

describe("the reason", () => {
  const pins = [{ revision: 2, headers: { "x-plan": "beta" }, cookies: {}, region: "eu" }];
  const deal = createDealer(dealing(0, { pins }));

  test("is a rule's where one holds, by names in any case and values as they are written", () => {
    const match = { revision: 2, reason: "TARGETING_MATCH" };
    expect(deal("a", { "X-Plan": "beta", region: "EU" }, never)).toEqual(match);
    const numbers = createDealer(dealing(0, { pins: [{ revision: 2, headers: { level: "3", trial: "true" } }] }));
    expect(numbers("a", { level: 3, trial: true }, never)).toEqual(match);
  });

  test("is DEFAULT where a rule could have held, and STATIC where nothing could", () => {
    const other = { revision: 1, reason: "DEFAULT" };
    expect(deal("a", { "x-plan": "Beta", region: "eu" }, never)).toEqual(other);
    expect(deal("a", { "x-plan": ["beta"], region: "eu" }, never)).toEqual(other);
    expect(deal("a", { "x-plan": "beta" }, never)).toEqual(other);
    expect(createDealer(dealing(0))("a", {}, never)).toEqual({ revision: 1, reason: "STATIC" });
  });

  test("is no rule's whose revision was closed, or that asks for nothing", () => {
    expect(createDealer(dealing(0, { pins, closed: 2 }))("a", { "x-plan": "beta", region: "eu" }, never)).toEqual({
      revision: 1,
      reason: "STATIC",
    });
    expect(createDealer(dealing(0, { pins: [{ revision: 2 }] }))("a", {}, never)?.revision).toBe(1);
  });

  test("is missing where nothing serves", () => {
    expect(createDealer(dealing(0, { split: [], wished: [] }))("a", {}, never)).toBeNull();
  });

  test("comes for any context at all", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (context) => {
        expect(["TARGETING_MATCH", "DEFAULT"]).toContain(deal("a", context, never)?.reason);
      }),
    );
  });
});
