import { expect, test } from "vitest";
import { DEPLOYMENT_STATUSES } from "../deployment/status.ts";
import { PHASES } from "../rollout/phase.ts";
import { pipelineMetrics, throughputText } from "./figures.ts";
import { PIPELINE_PHASES, PIPELINE_STATUSES, pipelinePhase, pipelineStatus } from "./pipeline.status.ts";

test("every status and phase of the engine has a word of pipelines", () => {
  for (const status of DEPLOYMENT_STATUSES) {
    expect(PIPELINE_STATUSES).toContain(pipelineStatus(status));
    for (const phase of [null, ...PHASES]) expect(PIPELINE_PHASES).toContain(pipelinePhase(status, phase));
  }
});

test("what serves is active and running, and what goes away is terminating whatever its rollout does", () => {
  expect([pipelineStatus("running"), pipelinePhase("running", null)]).toEqual(["active", "running"]);
  expect(pipelinePhase("updating", "shifting")).toBe("rolling_out");
  expect(pipelinePhase("deleting", "shifting")).toBe("terminating");
});

test.each([
  [0, "0/min"],
  [950, "950/min"],
  [999.6, "1K/min"],
  [1_000, "1K/min"],
  [1_234, "1.2K/min"],
  [99_960, "100K/min"],
  [123_456, "123K/min"],
  [1_200_000, "1.2M/min"],
  [2_500_000_000, "2.5B/min"],
  [Number.NaN, "0/min"],
  [-5, "0/min"],
])("%d points a minute are %s", (points, text) => {
  expect(throughputText(points)).toBe(text);
});

test("figures of several collectors are those of one pipeline", () => {
  const one = {
    node: "a",
    replica: 0,
    role: "active" as const,
    cardinality: 10,
    pointsPerMinute: 600_000,
    attempted: 999,
    failed: 1,
  };
  expect(pipelineMetrics([one, { ...one, node: "b", attempted: 1, failed: 0 }])).toEqual({
    cardinality: 20,
    throughput: "1.2M/min",
    error_rate: 0.001,
  });
  expect(pipelineMetrics([])).toEqual({ cardinality: 0, throughput: "0/min", error_rate: 0 });
});
