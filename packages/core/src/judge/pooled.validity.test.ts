import { describe, expect, test } from "vitest";
import { type Behaviour, drawTick, HEALTHY, type Random, seeded } from "../analysis/traffic.testing.ts";
import { batchOf, CountingGateway, countsOf, termsOf } from "./judge.testing.ts";
import { createJudge } from "./pooled.judge.ts";

/** All of a rollout's α for the pooled judge would be too easy: its part is 0.4 to 0.6 of this. */
const ALPHA = 0.1;
const RUNS = 100;
const LOOKS = 60;

interface World {
  name: string;
  weight: (look: number) => number;
  both: (look: number) => Behaviour;
}

const RAMP = [500, 1_000, 2_500, 5_000];

const worlds: World[] = [
  { name: "a constant weight of 10 %", weight: () => 1_000, both: () => HEALTHY },
  {
    name: "a ramp while both grow worse and slower",
    weight: (look) => RAMP[Math.floor((look * RAMP.length) / LOOKS)] ?? 0,
    both: (look) => ({ errorRate: 0.002 + (0.05 * look) / LOOKS, medianMs: 20 + (60 * look) / LOOKS }),
  },
  {
    name: "a weight that goes up and down, and an outage of both",
    weight: (look) => (look % 7 < 3 ? 500 : 5_000),
    both: (look) => (look > 20 && look < 30 ? { errorRate: 0.3, medianMs: 400 } : HEALTHY),
  },
];

const scores = (count: number, mean: number, random: Random): number[] =>
  Array.from({ length: count }, () => (random() < mean ? 1 : random()));

/** How many of the seeded runs end closed: two gateways that see different traffic, scores of a fifth of it. */
function closings(world: World, worse: (both: Behaviour) => Behaviour, drop = 0): number {
  const metrics = [
    { name: "error_rate" as const },
    { name: "latency" as const },
    { name: "quality", source: "evaluations" as const },
  ];
  const config = termsOf({ type: "canary", analysis: { falseRollbackRate: ALPHA, metrics } });
  let closed = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const random = seeded(7_000 + run);
    const judge = createJudge(config);
    const gateways = [new CountingGateway("left"), new CountingGateway("right")];
    for (let look = 0; look < LOOKS && judge.closed === null; look += 1) {
      const weight = world.weight(look);
      for (const [index, gateway] of gateways.entries()) {
        const both = world.both(look);
        const there = { ...both, medianMs: both.medianMs * (1 + index) };
        gateway.serve(drawTick(random, 30, weight, { stable: there, candidate: worse(there) }));
      }
      const quality = { metric: "quality", stable: scores(3, 0.7, random), candidate: scores(3, 0.7 - drop, random) };
      judge.observe(batchOf(look + 1, { gateways: countsOf(...gateways), values: [quality] }));
    }
    if (judge.closed !== null) closed += 1;
  }
  return closed;
}

describe("a candidate that is no worse", () => {
  test.each(worlds)("is taken back in at most α of the runs, looked at every time, under $name", (world) => {
    expect(closings(world, (both) => both) / RUNS).toBeLessThanOrEqual(ALPHA);
  });

  // The control: the bound above is not kept by blindness.
  test.each(worlds)("is told from one with 15 % more errors, under $name", (world) => {
    const failing = (both: Behaviour) => ({ ...both, errorRate: both.errorRate + 0.15 });
    expect(closings(world, failing) / RUNS).toBeGreaterThan(0.9);
  });

  test("is told from one whose scores are worse", () => {
    const [first] = worlds;
    if (first === undefined) throw new Error("no world");
    expect(closings(first, (both) => both, 0.5) / RUNS).toBeGreaterThan(0.9);
  });
});
