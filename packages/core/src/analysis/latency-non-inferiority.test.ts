import { describe, expect, it } from "vitest";
import { ArmCounts, type ArmPair } from "./guard.arrivals.ts";
import { LATENCY_MARGINS, LatencyNonInferiority } from "./latency-non-inferiority.ts";
import { baselineOf, drawTick, HEALTHY, seeded } from "./traffic.testing.ts";

const BOUND = Math.log(1 / 0.05);
const STRICT = { relative: 0, absoluteMs: 0 };

/** Ticks of 200 requests, half of them the candidate's; whether it was shown to be no slower. */
function watch(judge: LatencyNonInferiority, medianMs: number, ticks: number, seed = 11): boolean {
  const random = seeded(seed);
  for (let tick = 0; tick < ticks; tick += 1) {
    judge.update(pairOf(drawTick(random, 200, 5_000, { candidate: { ...HEALTHY, medianMs }, stable: HEALTHY })));
  }
  return judge.shown(BOUND);
}

function pairOf(tick: ReturnType<typeof drawTick>): ArmPair {
  const pair = { candidate: new ArmCounts(), stable: new ArmCounts() };
  pair.candidate.add(tick.candidate);
  pair.stable.add(tick.stable);
  return pair;
}

describe("LatencyNonInferiority", () => {
  it("shows that a candidate like stable is no slower, at every watched quantile", () => {
    const judge = new LatencyNonInferiority(STRICT, null);
    expect(watch(judge, HEALTHY.medianMs, 150)).toBe(true);
    expect(judge.logWealths).toHaveLength(LATENCY_MARGINS.length);
    expect(judge.logWealth).toBe(Math.min(...judge.logWealths));
  });

  it("does not show it of a candidate that is half as slow again", () => {
    expect(watch(new LatencyNonInferiority(STRICT, null), HEALTHY.medianMs * 1.5, 150)).toBe(false);
  });

  it("forgives what the tolerance forgives", () => {
    const tolerant = { relative: 0.6, absoluteMs: 0 };
    expect(watch(new LatencyNonInferiority(tolerant, null), HEALTHY.medianMs * 1.5, 150)).toBe(true);
  });

  it("says nothing while too little of stable is known, and starts at once with what was known before", () => {
    const unknown = new LatencyNonInferiority(STRICT, null);
    watch(unknown, HEALTHY.medianMs, 1);
    expect(unknown.logWealth).toBe(0);
    const known = new LatencyNonInferiority(STRICT, baselineOf(HEALTHY, 2_000, seeded(3)));
    watch(known, HEALTHY.medianMs, 1);
    expect(known.logWealths.some((wealth) => wealth !== 0)).toBe(true);
  });

  it("goes on from its state, and begins a new claim with the same edges", () => {
    const whole = new LatencyNonInferiority(STRICT, null);
    watch(whole, HEALTHY.medianMs, 20);
    const second = new LatencyNonInferiority(STRICT, null, JSON.parse(JSON.stringify(whole.state())));
    watch(whole, HEALTHY.medianMs, 5, 4);
    watch(second, HEALTHY.medianMs, 5, 4);
    expect(second.state()).toEqual(whole.state());
    second.restart();
    expect(second.logWealth).toBe(0);
    expect(second.state().past).toEqual(whole.state().past);
  });
});
