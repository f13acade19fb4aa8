import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canary, immediate } from "../rollout/testing/fixtures.ts";
import type { Strategy } from "../strategy/strategy.types.ts";
import { Fleet } from "./testing/fleet.ts";
import type { Wave } from "./wave.schema.ts";
import type { WavePlan } from "./waves.ts";

const fast = { monitoringSeconds: 1, keepStableSeconds: 5 };
const STRATEGIES: Strategy[] = [
  { ...immediate, ...fast },
  { ...canary, ...fast, bakeSeconds: 2 },
  { ...canary, ...fast, bakeSeconds: 2, onFailure: "pause" },
];

const NAMES = ["eu", "us", "asia", "africa", "moon"];

/** One to five targets, cut into waves of any size. */
const plan: fc.Arbitrary<WavePlan> = fc
  .record({
    cuts: fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 3 }),
        bakeSeconds: fc.constantFrom(0, 0, 3),
        maxParallel: fc.constantFrom(null, 1, 2),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    onFailure: fc.constantFrom("stop" as const, "rollback" as const),
  })
  .map(({ cuts, onFailure }) => {
    let from = 0;
    const waves = cuts.flatMap(({ size, ...wave }): Wave[] => {
      const targets = NAMES.slice(from, from + size);
      from += size;
      return targets.length === 0 ? [] : [{ targets, ...wave }];
    });
    return { waves, onFailure };
  });

type Action = (fleet: Fleet) => void;
const named = (name: string, action: Action) => ({ name, action });
const index = fc.nat(NAMES.length - 1);

const chaos = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 8 }).map((ticks) => named(`run ${ticks}`, (f) => run(f, ticks))) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("pause" as const, "resume" as const, "promote" as const, "rollback" as const, "cancel" as const)
      .map((command) => named(command, (f) => f.command(command))),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(index, fc.boolean()).map(([at, harmed]) =>
      named(`${harmed ? "harm" : "mend"} ${at}`, (f) => {
        f.at(at).harmed = harmed;
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(index, fc.boolean()).map(([at, reachable]) =>
      named(`${reachable ? "reach" : "lose"} ${at}`, (f) => {
        f.at(at).reachable = reachable;
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(named("crash", (f) => f.reconcile(true))) },
);

function run(fleet: Fleet, ticks: number): void {
  for (let passed = 0; passed < ticks; passed++) {
    fleet.tick();
    fleet.reconcile();
  }
}

/** Everything can be reached and works, and people let go on what was held. */
function calmDown(fleet: Fleet): void {
  for (const at of NAMES.keys()) Object.assign(fleet.at(at), { harmed: false, reachable: true });
  for (let passed = 0; passed < 400 && !fleet.ended; passed++) {
    fleet.command("resume");
    run(fleet, 1);
  }
}

describe("any story of waves, failures, lost targets and commands", () => {
  test("keeps to the waves, and ends with every target on the same revision", { timeout: 60_000 }, () => {
    const ends = new Map<string, number>();
    fc.assert(
      fc.property(
        plan,
        fc.constantFrom(...STRATEGIES),
        fc.boolean(),
        fc.array(chaos, { maxLength: 30, size: "max" }),
        (waves, strategy, serving, actions) => {
          const fleet = new Fleet(waves, strategy, serving);
          for (const { action } of actions) action(fleet);
          calmDown(fleet);
          expect([fleet.whole.phase, fleet.ended, fleet.whole.reason]).toEqual([
            expect.anything(),
            true,
            fleet.whole.reason,
          ]);
          expect(new Set(fleet.serving).size).toBe(1);
          ends.set(fleet.whole.phase, (ends.get(fleet.whole.phase) ?? 0) + 1);
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
    // The stories are worth telling: they end in every way.
    expect([...ends.keys()]).toEqual(expect.arrayContaining(["completed", "rolled_back", "cancelled", "failed"]));
  });
});
