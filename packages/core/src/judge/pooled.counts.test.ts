import { describe, expect, test } from "vitest";
import { arm } from "../analysis/traffic.testing.ts";
import { judgeConfigOf } from "./judge.config.ts";
import { batchOf, CountingGateway, countsOf, rolloutOf } from "./judge.testing.ts";
import { createJudge } from "./pooled.judge.ts";

const strategy = { type: "canary" as const, monitoringSeconds: 60, analysis: { minimumSamples: 10 } };
const termsOf = (counts: "gateway" | "prometheus", changes: object = {}) => {
  const config = judgeConfigOf(rolloutOf({ ...strategy, ...changes }), { sticky: false, routed: true, counts });
  if (config === null) throw new Error("this rollout is judged");
  return config;
};

describe("where no guard of ours watches", () => {
  test("the pooled judge has the guards' part of the evidence as well, and no more than all of it", () => {
    const { budget } = termsOf("prometheus");
    expect(budget).toMatchObject({ total: 0.01, guards: 0 });
    expect(budget.pooled).toBeCloseTo(0.008);
    expect(budget.pooled + budget.monitoring).toBeCloseTo(budget.total);
    expect(termsOf("gateway").budget.guards).toBeCloseTo(0.004);
  });

  test("no claim is made that coarse latencies could show, nor half of what was asked for", () => {
    const metrics = [
      { name: "error_rate" as const, nonInferiorityMargin: 0.01 },
      { name: "latency" as const, nonInferiority: true },
    ];
    const analysis = { analysis: { metrics } };
    expect(termsOf("prometheus", analysis).nonInferiority).toEqual({ errors: null, latency: null });
    expect(termsOf("gateway", analysis).nonInferiority).toMatchObject({ errors: 0.01 });
    const errors = { analysis: { metrics: metrics.slice(0, 1) } };
    expect(termsOf("prometheus", errors).nonInferiority).toEqual({ errors: 0.01, latency: null });
  });

  // edge case 25
  test("a Prometheus that is down is told of each of its metrics, and holds until it answers again", () => {
    const judge = createJudge(termsOf("prometheus"));
    const counting = new CountingGateway("prometheus");
    counting.serve({ weight: 5_000, candidate: arm(100, 0), stable: arm(100, 0) });
    judge.observe(batchOf(1, { gateways: countsOf(counting) }));
    expect(judge.report()).toMatchObject({ verdict: "continue", samples: { stable: 100, candidate: 100 } });
    const problem = {
      metric: "error_rate",
      status: "provider_error" as const,
      message: "Prometheus cannot be reached",
    };
    judge.observe(batchOf(2, { problems: [problem] }));
    expect(judge.report()).toMatchObject({
      verdict: "hold",
      message: expect.stringContaining("Prometheus cannot be reached"),
    });
    expect(judge.report().metrics[0]).toMatchObject({ source: "prometheus", status: "provider_error" });
    judge.observe(batchOf(3, { values: [{ metric: "error_rate", stable: [], candidate: [] }] }));
    expect(judge.report().verdict).toBe("continue");
  });
});
