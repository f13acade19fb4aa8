import { describe, expect, it } from "vitest";
import { compareMetrics } from "./compare-metrics.ts";

const ramp = (length: number, from: number): number[] => Array.from({ length }, (_, index) => from + index);
const control = new Map([
  ["latency", ramp(30, 100)],
  ["errors", ramp(30, 1)],
]);

describe("compareMetrics", () => {
  it("is worse when one metric is, and says which", () => {
    const found = compareMetrics(control, new Map([...control, ["latency", ramp(30, 200)]]));
    expect(found).toMatchObject({ verdict: "worse", score: 50 });
    expect(found.message).toBe("Worse: of 2 metrics, latency is High; without that it would have passed");
  });

  it("passes when none is, and does not know when one has no data", () => {
    expect(compareMetrics(control, control)).toMatchObject({ verdict: "pass", score: 100 });
    const partial = compareMetrics(control, new Map([["latency", ramp(30, 100)]]));
    expect(partial).toMatchObject({ verdict: "unknown" });
    expect(partial.message).toContain("errors is Nodata");
    expect(compareMetrics(new Map([["x", []]]), new Map([["x", []]]))).toMatchObject({
      verdict: "unknown",
      score: null,
    });
  });

  it("shares the error rate among the metrics, as Kayenta does not", () => {
    const confidence = (mode: "sluice" | "kayenta") =>
      compareMetrics(control, control, { common: { mode } }).metrics[0]?.confidence;
    expect(confidence("sluice")).toBeCloseTo(0.99, 12);
    expect(confidence("kayenta")).toBe(0.98);
  });

  it("weighs the score, and lets it decide as Kayenta does", () => {
    const candidate = new Map([...control, ["errors", ramp(30, 200)]]);
    const judge = (weights: Record<string, number>) =>
      compareMetrics(control, candidate, { common: { mode: "kayenta" }, weights });
    expect(judge({ errors: 5 })).toMatchObject({ verdict: "pass", score: 95 });
    expect(judge({ errors: 20 })).toMatchObject({ verdict: "marginal", score: 80 });
    expect(judge({ errors: 60 })).toMatchObject({ verdict: "worse", score: 40 });
    expect(judge({ errors: 60 }).message).toContain("from 95 on it passes, from 75 on it is marginal");
  });

  it("asks each metric what is asked of it", () => {
    const candidate = new Map([...control, ["latency", ramp(30, 200)]]);
    const found = compareMetrics(control, candidate, { perMetric: { latency: { direction: "decrease" } } });
    expect(found.verdict).toBe("pass");
  });

  it.each([
    [{ weights: { latency: 60, errors: 50 } }, "weights is 110"],
    [{ weights: { latency: -1 } }, "weights.latency is -1"],
    [{ weights: { latancy: 1 } }, "one of the metrics latency, errors"],
    [{ perMetric: { latancy: {} } }, 'metric options is "latancy"'],
  ])("refuses %j", (options, message) => {
    expect(() => compareMetrics(control, control, options)).toThrow(message);
  });

  it("refuses to compare nothing", () => {
    expect(() => compareMetrics(new Map(), new Map())).toThrow("at least one metric");
  });
});
