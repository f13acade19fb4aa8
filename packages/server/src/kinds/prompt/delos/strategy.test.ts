import { compileSteps, FULL_WEIGHT, strategySchema } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DELOS_TYPES, type DelosStrategy, percentages, shownStrategy, toStrategy } from "./strategy.ts";

const compiled = (given: DelosStrategy) => strategySchema.parse(toStrategy(given));
const weights = (given: DelosStrategy): number[] =>
  compileSteps(compiled(given)).flatMap((step) =>
    step.type === "setWeight" ? [step.weight / 100] : step.type === "switch" ? [100] : [],
  );

describe("a strategy of the document", () => {
  test("switches at once as IMMEDIATE and as BLUE_GREEN", () => {
    expect(weights({ type: "DEPLOYMENT_TYPE_IMMEDIATE", auto_rollback: false })).toEqual([100]);
    expect(weights({ type: "DEPLOYMENT_TYPE_BLUE_GREEN", auto_rollback: false })).toEqual([100]);
  });

  test("shifts as GRADUAL by its increment, every interval", () => {
    const given = {
      type: "DEPLOYMENT_TYPE_GRADUAL",
      initial_percentage: 10,
      increment: 20,
      interval_seconds: 300,
    } as const;
    expect(weights({ ...given, auto_rollback: true })).toEqual([10, 30, 50, 70, 90, 100]);
    expect(compileSteps(compiled({ ...given, auto_rollback: true }))[1]).toEqual({ type: "wait", seconds: 300 });
  });

  test("has the document's defaults: GRADUAL 10, 10, 300; CANARY 5", () => {
    expect(compiled({ type: "DEPLOYMENT_TYPE_GRADUAL", auto_rollback: false })).toMatchObject({
      initialPercentage: 10,
      increment: 10,
      intervalSeconds: 300,
    });
    expect(compiled({ type: "DEPLOYMENT_TYPE_CANARY", auto_rollback: false })).toMatchObject({ initialPercentage: 5 });
  });

  test("judges a CANARY after its first share, and after each increment where there is one", () => {
    const canary = { type: "DEPLOYMENT_TYPE_CANARY", auto_rollback: true } as const;
    expect(weights({ ...canary, initial_percentage: 5 })).toEqual([5, 25, 100]);
    expect(weights({ ...canary, initial_percentage: 20, increment: 40 })).toEqual([20, 60, 100]);
    const steps = compileSteps(compiled({ ...canary, increment: 50, interval_seconds: 7 }));
    expect(steps.filter((step) => step.type === "analyze")).toEqual([
      { type: "analyze", seconds: 7 },
      { type: "analyze", seconds: 7 },
    ]);
  });

  test("watches failed requests and latency, and the quality by its threshold alone", () => {
    const { analysis, autoRollback } = compiled({
      type: "DEPLOYMENT_TYPE_GRADUAL",
      auto_rollback: true,
      rollback_threshold: 0.75,
    });
    expect(autoRollback).toBe(true);
    expect(analysis.onNoData).toBe("hold");
    expect(analysis.metrics.map(({ name }) => name)).toEqual(["error_rate", "latency", "quality"]);
    expect(analysis.metrics[2]).toMatchObject({ source: { type: "evaluations" }, min: 0.75, maxDecrease: 1 });
    const without = compiled({ type: "DEPLOYMENT_TYPE_GRADUAL", auto_rollback: false });
    expect(without.autoRollback).toBe(false);
    expect(without.analysis.metrics.map(({ name }) => name)).toEqual(["error_rate", "latency"]);
  });

  test("is shown as it was given, whatever it was", () => {
    const share = fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100);
    const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
    const strategies = fc.record({
      type: fc.constantFrom(...DELOS_TYPES),
      initial_percentage: optional(share),
      increment: optional(fc.integer({ min: 200, max: 10_000 }).map((hundredths) => hundredths / 100)),
      interval_seconds: optional(fc.integer({ min: 0, max: 100_000 })),
      auto_rollback: fc.boolean(),
      rollback_threshold: optional(fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100)),
    });
    fc.assert(
      fc.property(strategies, (given) => {
        const shown = shownStrategy(compiled(given));
        const switches = given.type === "DEPLOYMENT_TYPE_IMMEDIATE" || given.type === "DEPLOYMENT_TYPE_BLUE_GREEN";
        expect(shown.type).toBe(given.type);
        expect(shown.auto_rollback).toBe(given.auto_rollback);
        expect(shown.rollback_threshold).toBe(given.rollback_threshold);
        if (given.interval_seconds !== undefined) expect(shown.interval_seconds).toBe(given.interval_seconds);
        if (given.initial_percentage !== undefined && !switches) {
          expect(shown.initial_percentage).toBe(given.initial_percentage);
        }
        if (given.increment !== undefined && given.type === "DEPLOYMENT_TYPE_GRADUAL") {
          expect(shown.increment).toBe(given.increment);
        }
      }),
    );
  });

  test("that has no name here is of no type, and still shown", () => {
    const shadow = strategySchema.parse({ type: "shadow", autoRollback: false });
    expect(shownStrategy(shadow)).toEqual({ type: "DEPLOYMENT_TYPE_UNSPECIFIED", auto_rollback: false });
  });
});

test("shares grow to just below everything, and never repeat", () => {
  const share = fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100);
  fc.assert(
    fc.property(share, share, (initial, increment) => {
      const found = percentages(initial, increment);
      expect(found.every((value, index) => value < 100 && (index === 0 || value > (found[index - 1] ?? 0)))).toBe(true);
      expect(found[0] ?? 100).toBe(initial);
      if (found.length > 0) expect((found.at(-1) ?? 0) + increment).toBeGreaterThanOrEqual(100 - 1e-9);
    }),
  );
  expect(FULL_WEIGHT).toBe(10_000);
});
