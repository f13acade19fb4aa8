import { describe, expect, it } from "vitest";
import { createGuard } from "./guard.ts";
import { type Behaviour, baselineOf, drawTick, guardConfig, HEALTHY, seeded } from "./traffic.testing.ts";

const ALPHA = 0.05;
const RUNS = 250;
const TICKS = 120;
const REQUESTS_PER_TICK = 20;

/** A world in which the candidate is exactly like stable, however badly both behave. */
interface World {
  name: string;
  weight: (tick: number) => number;
  both: (tick: number) => Behaviour;
  knownBefore: number;
}

const RAMP = [500, 1_000, 2_500, 5_000];
const rampWeight = (tick: number): number => RAMP[Math.floor((tick * RAMP.length) / TICKS)] ?? 0;

const worlds: World[] = [
  { name: "a constant weight of 10 %", weight: () => 1_000, both: () => HEALTHY, knownBefore: 1_000 },
  { name: "an even split without a known past", weight: () => 5_000, both: () => HEALTHY, knownBefore: 0 },
  {
    name: "a ramp while both grow worse and slower",
    weight: rampWeight,
    both: (tick) => ({ errorRate: 0.002 + (0.05 * tick) / TICKS, medianMs: 20 + (60 * tick) / TICKS }),
    knownBefore: 1_000,
  },
  {
    name: "an outage of both",
    weight: () => 1_000,
    both: (tick) => (tick > 40 && tick < 65 ? { errorRate: 0.3, medianMs: 400 } : HEALTHY),
    knownBefore: 300,
  },
];

/** How many of `RUNS` seeded runs the guard closes. */
function closings(world: World, candidateOf: (both: Behaviour) => Behaviour): number {
  let closed = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const random = seeded(1_000 + run);
    const baseline = world.knownBefore === 0 ? null : baselineOf(HEALTHY, world.knownBefore, random);
    const guard = createGuard(guardConfig({ alpha: ALPHA }), baseline);
    for (let tick = 0; tick < TICKS && guard.verdict === "continue"; tick += 1) {
      const both = world.both(tick);
      const behaviour = { candidate: candidateOf(both), stable: both };
      guard.observe(drawTick(random, REQUESTS_PER_TICK, world.weight(tick), behaviour), tick);
    }
    if (guard.verdict === "close") closed += 1;
  }
  return closed;
}

describe("a candidate that is no worse", () => {
  it.each(worlds)("is closed in at most α of the runs, looked at every tick, under $name", (world) => {
    expect(closings(world, (both) => both) / RUNS).toBeLessThanOrEqual(ALPHA);
  });

  // The control: the same runs with a worse candidate, which shows that the bound above is not kept by blindness.
  it.each(worlds)("is told from one with 20 % more errors and twice the latency, under $name", (world) => {
    const worse = ({ errorRate, medianMs }: Behaviour) => ({ errorRate: errorRate + 0.2, medianMs: 2 * medianMs });
    expect(closings(world, worse) / RUNS).toBeGreaterThan(0.95);
  });
});
