import { FULL_WEIGHT } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RevisionCounters } from "../stats/revision.counters.ts";
import { routeConfig, split } from "../testing/route.fixture.ts";
import { Arm } from "./arm.ts";
import { CompiledRoute } from "./compiled.route.ts";

/** An arm that is usable or not, without sockets. */
class FakeArm extends Arm {
  readonly #usable: boolean;

  constructor(revision: number, weight: number, usable: boolean) {
    super({ revision, weight, upstreams: [], counters: new RevisionCounters(revision), window: null });
    this.#usable = usable;
  }

  override get usable(): boolean {
    return this.#usable;
  }
}

const route = (weights: readonly number[], usable: readonly boolean[]): CompiledRoute => {
  const entries = weights.map((weight, revision) => ({ revision, weight }));
  const arms = entries.map(({ revision, weight }) => new FakeArm(revision, weight, usable[revision] ?? true));
  return new CompiledRoute(routeConfig({ split: entries }), entries, arms, null);
};

const threeWeights = fc
  .tuple(fc.integer({ min: 0, max: FULL_WEIGHT }), fc.integer({ min: 0, max: FULL_WEIGHT }))
  .map(([one, two]) => [Math.min(one, two), Math.abs(one - two), FULL_WEIGHT - Math.max(one, two)]);
const flags = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
const lot = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the choice of a revision", () => {
  test("never falls on one without weight or without a usable endpoint, and always on one when there is one", () => {
    fc.assert(
      fc.property(threeWeights, flags, fc.option(fc.string()), lot, (weights, usable, key, random) => {
        const chosen = route(weights, usable).choose(key, random);
        const possible = weights.some((weight, revision) => weight > 0 && usable[revision]);
        expect(chosen !== null).toBe(possible);
        if (chosen === null) return;
        expect([chosen.weight > 0, usable[chosen.revision]]).toEqual([true, true]);
      }),
    );
  });

  test("is the weights' as long as every revision with a share can be reached", () => {
    expect(route([0, 9_000, 1_000], [false, true, true]).deals).toBe(true);
    expect(route([0, 9_000, 1_000], [true, false, true]).deals).toBe(false);
    expect(route([0, 9_000, 1_000], [true, true, false]).deals).toBe(false);
  });

  test("leaves everybody else in place when one revision becomes unusable", () => {
    fc.assert(
      fc.property(threeWeights, fc.integer({ min: 0, max: 2 }), fc.string(), (weights, lost, key) => {
        const before = route(weights, [true, true, true]).choose(key, 0);
        const after = route(
          weights,
          [0, 1, 2].map((revision) => revision !== lost),
        ).choose(key, 0);
        if (before !== null && before.revision !== lost) expect(after?.revision).toBe(before.revision);
      }),
    );
  });

  test("by lot gives each its share", () => {
    const compiled = route([7_000, 2_000, 1_000], []);
    const counts = [0, 0, 0];
    for (let draw = 0; draw < FULL_WEIGHT; draw += 1) {
      const revision = compiled.choose(null, draw / FULL_WEIGHT)?.revision ?? 0;
      counts[revision] = (counts[revision] ?? 0) + 1;
    }
    expect(counts).toEqual([7_000, 2_000, 1_000]);
  });

  test("pins and mirror of a closed candidate are gone", () => {
    const config = routeConfig({
      split: split(0),
      pins: [{ revision: 2, headers: { beta: "1" } }],
      mirror: { revision: 2, weight: 100 },
    });
    const arms = [new FakeArm(1, 10_000, true), new FakeArm(2, 0, true)];
    const open = new CompiledRoute(config, config.split, arms, null);
    const closed = new CompiledRoute(config, config.split, arms, 2);
    expect([open.pinned(["Beta", "1"])?.revision, open.mirror?.arm.revision]).toEqual([2, 2]);
    expect([closed.pinned(["Beta", "1"]), closed.mirror]).toEqual([null, null]);
  });
});
