import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignmentSalt, bucketOf, murmur3, ownerOf } from "./assign.ts";
import { FULL_WEIGHT, splitBetween } from "./split.ts";

const weight = fc.integer({ min: 0, max: FULL_WEIGHT });
const assigned = (key: string, candidateWeight: number, route = "dep_1"): number => {
  const split = splitBetween(1, 2, candidateWeight);
  return split[ownerOf(split, bucketOf(assignmentSalt(route, split), key))]?.revision ?? 0;
};

describe("sticky assignment", () => {
  test("raising the weight never takes anyone away from the candidate", () => {
    fc.assert(
      fc.property(fc.string(), weight, weight, (key, one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        expect(assigned(key, low) === 2 && assigned(key, high) !== 2).toBe(false);
      }),
    );
  });

  test("the same caller is answered by the same revision as long as the weight stands", () => {
    fc.assert(
      fc.property(fc.string(), weight, (key, candidateWeight) => {
        expect(assigned(key, candidateWeight)).toBe(assigned(key, candidateWeight));
      }),
    );
  });

  test("nobody is on the candidate at 0 %, everybody at 100 %", () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        expect([assigned(key, 0), assigned(key, FULL_WEIGHT)]).toEqual([1, 2]);
      }),
    );
  });

  test.each([25, 500, 2500, 5000])(
    "a weight of %i hundredths gets its share of consecutive keys",
    (candidateWeight) => {
      const callers = 100_000;
      let candidates = 0;
      for (let caller = 0; caller < callers; caller += 1) {
        if (assigned(`user-${caller}`, candidateWeight) === 2) candidates += 1;
      }
      const share = candidateWeight / FULL_WEIGHT;
      const fiveSigma = 5 * Math.sqrt(callers * share * (1 - share));
      expect(Math.abs(candidates - callers * share)).toBeLessThan(fiveSigma);
    },
  );

  test("two routes choose their first callers independently", () => {
    const callers = Array.from({ length: 20_000 }, (_, caller) => `user-${caller}`);
    const both = callers.filter((key) => assigned(key, 1000, "dep_1") === 2 && assigned(key, 1000, "dep_2") === 2);
    expect(both.length).toBeGreaterThan(100);
    expect(both.length).toBeLessThan(300);
  });
});

describe("ownerOf", () => {
  test("gives every draw to an entry that has weight, in the proportion of the weights", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }), (weights) => {
        const split = weights.map((entryWeight, revision) => ({ revision, weight: entryWeight }));
        const total = weights.reduce((sum, entryWeight) => sum + entryWeight, 0);
        const owned = weights.map(() => 0);
        for (let draw = 0; draw < total; draw += 1) {
          const owner = ownerOf(split, draw);
          owned[owner] = (owned[owner] ?? 0) + 1;
        }
        expect(owned).toEqual(weights);
        if (total === 0) expect(ownerOf(split, 0)).toBe(-1);
      }),
    );
  });
});

describe("murmur3", () => {
  test("gives the published values", () => {
    expect([murmur3("", 0), murmur3("", 1), murmur3("", 0xffffffff)]).toEqual([0, 0x514e28b7, 0x81f16f39]);
  });

  test("agrees with the reference algorithm over the bytes of UTF-16LE", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (text, seed) => {
        expect(murmur3(text, seed)).toBe(referenceMurmur3(Buffer.from(text, "utf16le"), seed));
      }),
    );
  });
});

/** MurmurHash3_x86_32 of smhasher, word for word, in 32-bit arithmetic on big integers. */
function referenceMurmur3(bytes: Buffer, seed: number): number {
  const mask = 0xffffffffn;
  const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (32n - by))) & mask;
  const mix = (block: bigint): bigint => (rotate((block * 0xcc9e2d51n) & mask, 15n) * 0x1b873593n) & mask;
  let hash = BigInt(seed);
  const tail = bytes.length & ~3;
  for (let index = 0; index < tail; index += 4) {
    hash = (rotate(hash ^ mix(BigInt(bytes.readUInt32LE(index))), 13n) * 5n + 0xe6546b64n) & mask;
  }
  if (tail < bytes.length) hash ^= mix(BigInt(bytes.readUIntLE(tail, bytes.length - tail)));
  hash ^= BigInt(bytes.length);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & mask;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & mask;
  return Number(hash ^ (hash >> 16n));
}
