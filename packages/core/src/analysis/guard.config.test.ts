import { describe, expect, test } from "vitest";
import { createRollout } from "../rollout/create.ts";
import type { Rollout } from "../rollout/rollout.ts";
import { type StrategyInput, strategySchema } from "../strategy/strategy.schema.ts";
import { guardConfigOf } from "./guard.config.ts";

function guarded(strategy: StrategyInput, from: number | null = 1): Rollout {
  const { rollout } = createRollout(
    {
      id: "rol_1",
      project: "default",
      deployment: "dep_1",
      artifact: "greeter",
      environment: "production",
      from: from === null ? null : { revision: from, version: "1.0.0" },
      to: { revision: 2, version: "1.1.0" },
      strategy: strategySchema.parse(strategy),
      requiredApprovals: 0,
      fourEyes: false,
      triggeredBy: "test",
    },
    0,
  );
  return { ...rollout, desired: { ...rollout.desired, guard: rollout.id } };
}

describe("what a guard is told", () => {
  test("is its part of α, shared among the gateways, and stakes that add up to 1", () => {
    const config = guardConfigOf(guarded({ type: "canary", analysis: { falseRollbackRate: 0.05 } }), 2);
    expect(config).toMatchObject({ hypothesis: "rol_1", stable: 1, candidate: 2, closes: true });
    expect(config?.alpha).toBeCloseTo(0.01, 12);
    expect(config?.metrics.map((metric) => metric.share)).toEqual([5 / 8, expect.closeTo(3 / 8, 12)]);
  });

  test("stakes everything on the only metric, with the tolerance that a user gave", () => {
    const metrics = [{ name: "latency" as const, maxRelativeIncrease: 0.25 }];
    const config = guardConfigOf(guarded({ type: "canary", analysis: { metrics } }), 1);
    expect(config?.metrics).toEqual([{ name: "latency", share: 1, tolerance: 0.25, toleranceMs: 5 }]);
  });

  test("watches one quantile of latency when that is asked for, and stakes as the user says", () => {
    const metrics = [
      { name: "error_rate" as const, weight: 0.2 },
      { name: "latency" as const, quantile: 0.99, weight: 0.6 },
    ];
    const config = guardConfigOf(guarded({ type: "canary", analysis: { metrics } }), 1);
    expect(config?.metrics).toMatchObject([
      { name: "error_rate", share: expect.closeTo(0.25, 12) },
      { name: "latency", share: expect.closeTo(0.75, 12), quantile: 0.99 },
    ]);
  });

  test("tolerates as many more errors as the user does", () => {
    const metrics = [{ name: "error_rate" as const, maxIncrease: 0.01, maxRelativeIncrease: 0.5 }];
    const config = guardConfigOf(guarded({ type: "canary", analysis: { metrics } }), 1);
    expect(config?.metrics).toEqual([{ name: "error_rate", share: 1, margin: { difference: 0.01, ratio: 1.5 } }]);
    const none = guardConfigOf(
      guarded({ type: "canary", analysis: { metrics: [{ name: "error_rate", maxIncrease: 0 }] } }),
      1,
    );
    expect(none?.metrics).toEqual([{ name: "error_rate", share: 1 }]);
  });

  test("only counts, and never closes, when no metric is the guard's to judge", () => {
    const quality = { name: "quality", source: "evaluations" as const };
    const config = guardConfigOf(guarded({ type: "canary", analysis: { metrics: [quality] } }), 1);
    expect(config).toMatchObject({ metrics: [], closes: false });
  });

  test("forgives a cold candidate a little, unless the user forgives nothing", () => {
    const latencyOf = (strategy: StrategyInput) => guardConfigOf(guarded(strategy), 1)?.metrics[1];
    expect(latencyOf({ type: "canary" })).toMatchObject({ tolerance: 0.1, toleranceMs: 5 });
    const strict = { name: "latency" as const, maxRelativeIncrease: 0, maxIncreaseMs: 0 };
    expect(latencyOf({ type: "canary", analysis: { metrics: [{ name: "error_rate" }, strict] } })).toMatchObject({
      tolerance: 0,
      toleranceMs: 0,
    });
  });

  test("leaves the split alone without automatic rollback", () => {
    expect(guardConfigOf(guarded({ type: "canary", autoRollback: false }), 1)?.closes).toBe(false);
  });

  test("is nothing without a stable to compare with, or when nobody is to watch", () => {
    expect(guardConfigOf(guarded({ type: "canary" }, null), 1)).toBeNull();
    expect(guardConfigOf(guarded({ type: "canary" }, 2), 1)).toBeNull();
    const rollout = guarded({ type: "canary" });
    expect(guardConfigOf({ ...rollout, desired: { ...rollout.desired, guard: null } }, 1)).toBeNull();
  });
});
