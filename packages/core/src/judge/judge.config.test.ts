import { describe, expect, test } from "vitest";
import { judgeConfigOf } from "./judge.config.ts";
import { rolloutOf, termsOf } from "./judge.testing.ts";

const ROUTE = { sticky: false, routed: true };

describe("how α is split", () => {
  const budget = (strategy: Parameters<typeof termsOf>[0], from: number | null = 1) => termsOf(strategy, from).budget;

  test("is 0.4 for guards, 0.4 for the pooled judge, 0.2 for monitoring a candidate that stands alone", () => {
    const found = budget({ type: "canary", monitoringSeconds: 60, analysis: { falseRollbackRate: 0.05 } });
    expect(found).toEqual({
      total: 0.05,
      guards: expect.closeTo(0.02, 12),
      pooled: expect.closeTo(0.02, 12),
      monitoring: expect.closeTo(0.01, 12),
    });
  });

  test("gives what nobody uses to the pooled judge", () => {
    expect(budget({ type: "canary" }).pooled).toBeCloseTo(0.006, 12);
    expect(budget({ type: "canary", monitoringSeconds: 60, holdbackPercentage: 5 }).monitoring).toBe(0);
    const quality = { metrics: [{ name: "quality", source: "evaluations" as const }] };
    expect(budget({ type: "canary", monitoringSeconds: 60, analysis: quality })).toMatchObject({
      guards: 0,
      pooled: 0.01,
    });
    expect(budget({ type: "canary", monitoringSeconds: 60 }, null)).toMatchObject({ guards: 0, pooled: 0.01 });
  });

  test("never adds up to more than α", () => {
    for (const monitoringSeconds of [0, 60])
      for (const holdbackPercentage of [0, 5])
        for (const from of [1, null]) {
          const { total, guards, pooled, monitoring } = budget(
            { type: "canary", monitoringSeconds, holdbackPercentage },
            from,
          );
          expect(guards + pooled + monitoring).toBeCloseTo(total, 12);
        }
  });
});

describe("what is judged", () => {
  test("is nothing on the way back to what was promoted before", () => {
    expect(judgeConfigOf(rolloutOf({ type: "canary" }, 2), ROUTE)).toBeNull();
    expect(judgeConfigOf({ ...rolloutOf({ type: "canary" }), fastTrack: true }, ROUTE)).toBeNull();
  });

  test("stakes half of a metric on its limit, and shares add up to 1", () => {
    const metrics = [
      { name: "error_rate" as const, maxErrorRate: 0.05 },
      { name: "latency" as const, quantile: 0.99 },
      { name: "quality", source: "evaluations" as const },
    ];
    const { traffic, outside } = termsOf({ type: "canary", analysis: { metrics } });
    expect(traffic).toMatchObject([
      { kind: "errors", share: expect.closeTo(0.25, 12), margin: null },
      { kind: "error_limit", share: expect.closeTo(0.25, 12), limit: 0.05 },
      { kind: "latency", share: expect.closeTo(0.3, 12), quantile: 0.99 },
    ]);
    expect(outside).toMatchObject([{ kind: "scores", name: "quality", share: expect.closeTo(0.2, 12) }]);
  });

  test("is limits alone on a first delivery, and outside figures alone without a route", () => {
    const metrics = [
      { name: "error_rate" as const, maxErrorRate: 0.05 },
      { name: "quality", source: "evaluations" as const, judge: "balanced-bets" as const, min: 0.8 },
    ];
    const first = termsOf({ type: "canary", analysis: { metrics } }, null);
    expect([...first.traffic, ...first.outside].map(({ kind }) => kind)).toEqual(["error_limit", "score_limit"]);
    const unrouted = judgeConfigOf(rolloutOf({ type: "canary", analysis: { metrics } }), {
      sticky: false,
      routed: false,
    });
    expect(unrouted?.traffic).toEqual([]);
    expect(unrouted?.outside.map(({ kind }) => kind)).toEqual(["scores", "score_limit"]);
  });

  test("compares by ranks what has no bounds, and by a plain limit only who asks for exactly that", () => {
    const source = { type: "prometheus" as const, address: "http://127.0.0.1:9090", query: "up" };
    const metrics = [
      { name: "saturation", source },
      { name: "capped", source, max: 5 },
      { name: "plain", source, max: 5, judge: "threshold" as const },
      { name: "old", source, mode: "kayenta" as const },
    ];
    const { outside } = termsOf({ type: "canary", analysis: { metrics } });
    expect(outside.map(({ kind }) => kind)).toEqual(["series", "series_limit", "threshold", "kayenta"]);
  });
});
