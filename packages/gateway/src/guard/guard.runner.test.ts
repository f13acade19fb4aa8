import { closedSplit, FULL_WEIGHT, sameSplit, weightOf } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { guardConfig, split } from "../testing/route.fixture.ts";
import { GuardRunner } from "./guard.runner.ts";

const terms = (candidate: number) => ({ split: split(candidate), pins: [], mirror: null });

/** Adds answers to the current period as the proxy does. */
function answer(runner: GuardRunner, arm: "stable" | "candidate", requests: number, errors: number): void {
  const window = runner.period[arm];
  window.requests += requests;
  window.errors += errors;
  window.latency.recordBin(10, requests - errors);
}

describe("a closed split", () => {
  test("takes the candidate's share away, gives it to stable, and still adds up", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: FULL_WEIGHT }), (weight) => {
        const closed = closedSplit(split(weight), guardConfig());
        expect(sameSplit(closed, [{ revision: 1, weight: FULL_WEIGHT }])).toBe(true);
        expect(weightOf(closed, 2)).toBe(0);
      }),
    );
  });

  test("gives it to another when stable is not in the split, and changes nothing when the candidate stands alone", () => {
    const guard = guardConfig({ stable: 9 });
    expect(closedSplit(split(4_000), guard)).toEqual(split(0));
    expect(closedSplit([{ revision: 2, weight: FULL_WEIGHT }], guard)).toEqual([{ revision: 2, weight: FULL_WEIGHT }]);
  });
});

describe("a runner", () => {
  test("closes on the tick in which the evidence crosses the bound, and says so once", () => {
    const runner = new GuardRunner(guardConfig(), terms(1_000), null, null, 1);
    let closings = 0;
    for (let tick = 0; tick < 20; tick += 1) {
      answer(runner, "stable", 9, 0);
      answer(runner, "candidate", 1, 1);
      if (runner.tick(1_000 + tick)) closings += 1;
    }
    expect(closings).toBe(1);
    expect(runner.closes).toBe(true);
  });

  test("leaves the latencies of a time in which one arm met new connections out of both, and counts its errors", () => {
    const runner = new GuardRunner(guardConfig(), terms(1_000), null, null, 1);
    answer(runner, "stable", 90, 0);
    answer(runner, "candidate", 10, 2);
    runner.period.candidate.requests += 1;
    runner.period.candidate.warming += 1;
    runner.tick(1_000);
    answer(runner, "stable", 9, 0);
    answer(runner, "candidate", 1, 0);
    runner.tick(1_100);
    const counts = runner.counts();
    expect(counts?.stable).toMatchObject({ requests: 99, warming: 90, latency: [[10, 9]] });
    expect(counts?.candidate).toMatchObject({ requests: 12, errors: 2, warming: 9, latency: [[10, 1]] });
  });

  test("does not count what began before the terms changed", () => {
    const runner = new GuardRunner(guardConfig(), terms(1_000), null, null, 1);
    const old = runner.period.candidate;
    runner.change(terms(5_000), 1_000);
    old.requests += 100;
    old.errors += 100;
    answer(runner, "candidate", 1, 0);
    runner.tick(1_001);
    expect(runner.report().samples).toEqual({ stable: 0, candidate: 1 });
  });

  test("counts what came before the terms changed, and goes on in the same period when nothing changed", () => {
    const runner = new GuardRunner(guardConfig(), terms(1_000), null, null, 1);
    const { period } = runner;
    answer(runner, "candidate", 3, 0);
    runner.change(terms(1_000), 1_000);
    expect(runner.period).toBe(period);
    runner.change(terms(2_000), 1_000);
    expect(runner.period).not.toBe(period);
    expect(runner.report().samples.candidate).toBe(3);
  });

  test("counts each period on its own, at the weight it had", () => {
    const runner = new GuardRunner(guardConfig(), terms(1_000), null, null, 1);
    answer(runner, "candidate", 3, 1);
    runner.tick(1_000);
    const first = runner.counts();
    expect(first).toMatchObject({ period: 1, weight: 1_000, candidate: { requests: 3, errors: 1 } });
    runner.change(terms(2_000), 2_000);
    expect(runner.counts()).toBeNull();
    answer(runner, "candidate", 1, 0);
    runner.tick(2_001);
    expect(runner.counts()).toMatchObject({ period: 2_000, weight: 2_000, candidate: { requests: 1, errors: 0 } });
  });

  test("goes on from its snapshot", () => {
    const runner = new GuardRunner(guardConfig(), terms(1_000), null, null, 1);
    answer(runner, "stable", 90, 1);
    answer(runner, "candidate", 10, 1);
    runner.tick(1_000);
    const restored = new GuardRunner(
      guardConfig(),
      terms(1_000),
      null,
      JSON.parse(JSON.stringify(runner.snapshot())),
      2,
    );
    expect(restored.report()).toEqual(runner.report());
  });
});
