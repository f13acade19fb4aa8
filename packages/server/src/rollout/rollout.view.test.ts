import {
  createRollout,
  type GuardReport,
  type JudgeMetricReport,
  type JudgeReport,
  type Rollout,
  strategySchema,
} from "@sluice/core";
import { expect, test } from "vitest";
import { requestsToNotice } from "./plan.detection.ts";
import { rolloutSchema } from "./rollout.schema.ts";
import { rolloutView } from "./rollout.view.ts";

const NOW = Date.UTC(2026, 10, 21, 12);

const canary = (change: Partial<Rollout> = {}): Rollout => ({
  ...createRollout(
    {
      ...{ id: "rol_1", project: "default", deployment: "dep_1", artifact: "greeter", environment: "production" },
      from: { revision: 1, version: "1.0.0" },
      to: { revision: 2, version: "1.1.0" },
      strategy: strategySchema.parse({ type: "canary", initialPercentage: 0.25 }),
      ...{ requiredApprovals: 0, fourEyes: true, triggeredBy: "dora" },
    },
    NOW,
  ).rollout,
  ...change,
});

const report = (change: Partial<GuardReport> = {}): GuardReport => ({
  ...{ hypothesis: "rol_1", logEvidence: 0, maxLogEvidence: 0, bound: Math.log(250) },
  metrics: [{ name: "error_rate", logEvidence: Math.log(3), stable: 0.004, candidate: 0.005 }],
  ...{ samples: { stable: 9_000, candidate: 480 }, errors: { stable: 36, candidate: 2 }, closed: null },
  ...change,
});

test("weights are shown in percent, hundredths too, and times in UTC", () => {
  const split = [
    { revision: 1, weight: 9_975 },
    { revision: 2, weight: 25 },
  ];
  const rollout = canary();
  const view = rolloutView({ ...rollout, desired: { ...rollout.desired, split } }, NOW);
  expect(view).toMatchObject({ weight: 0.25, createdAt: "2026-11-21T12:00:00.000Z", finishedAt: null, analysis: null });
  expect(view.steps[0]).toEqual({
    type: "setWeight",
    weight: 0.25,
    status: "pending",
    startedAt: null,
    finishedAt: null,
  });
});

test("evidence is shown as e-values beside the threshold that closes the gate", () => {
  const { analysis } = rolloutView(canary({ phase: "shifting", analysis: report() }), NOW);
  expect(analysis).toMatchObject({ verdict: "continue", errors: { stable: 36, candidate: 2 } });
  expect(analysis?.threshold).toBeCloseTo(250);
  expect(analysis?.metrics[0]).toMatchObject({ name: "error_rate", stable: 0.004, samples: { candidate: 480 } });
  expect(analysis?.metrics[0]?.evidence).toBeCloseTo(3);
});

test("a guard that has closed the gate has the word, also on a metric that the judge has seen less of", () => {
  const closed = { at: NOW, metric: "error_rate", reason: "worse" };
  const guard = report({ logEvidence: Math.log(300), closed });
  const metric: JudgeMetricReport = {
    ...{ name: "error_rate", source: "gateway", judge: "fisher", status: "ok", failed: false, message: "nothing yet" },
    ...{
      logEvidence: Math.log(2),
      stable: 0.004,
      candidate: 0.1,
      interval: null,
      samples: { stable: 9, candidate: 9 },
    },
  };
  const judge: JudgeReport = {
    ...{ hypothesis: "rol_1", verdict: "continue", logEvidence: Math.log(2), maxLogEvidence: Math.log(2), bound: 5 },
    ...{ budget: { total: 0.01, guards: 0.004, pooled: 0.004, monitoring: 0.002 }, nonInferior: null, closed: null },
    ...{ sampleRatio: { logEvidence: 0, doubted: false }, message: "nothing yet", metrics: [metric] },
  };
  const { analysis } = rolloutView(canary({ phase: "rolling_back", analysis: guard, judge }), NOW);
  expect(analysis).toMatchObject({ verdict: "rollback", reason: "worse" });
  expect(analysis?.metrics).toMatchObject([{ failed: true, message: "worse", samples: { candidate: 480 } }]);
  expect(analysis?.evidence).toBeCloseTo(300);
  expect(analysis?.threshold).toBeCloseTo(250);
});

test("evidence beyond all numbers is still a number", () => {
  const metrics = [{ name: "error_rate", logEvidence: 5_000, stable: 0, candidate: 1 }];
  const view = rolloutView(canary({ analysis: report({ logEvidence: 5_000, metrics }) }), NOW);
  expect(Number.isFinite(view.analysis?.evidence)).toBe(true);
  expect(rolloutSchema.safeParse(JSON.parse(JSON.stringify(view))).success).toBe(true);
});

test.each<[string, Partial<Rollout>, string]>([
  [
    "the guard has closed the gate",
    { analysis: report({ closed: { at: NOW, metric: "error_rate", reason: "worse" } }) },
    "rollback",
  ],
  ["there is no traffic to judge", { noDataSince: NOW, analysis: report() }, "hold"],
  [
    "it went to the end with nothing to compare it with",
    { phase: "completed", analysis: { ...report(), samples: { stable: 0, candidate: 131 } } },
    "continue",
  ],
  ["it went well to the end", { phase: "completed", analysis: report() }, "promote"],
  ["it goes on", { phase: "shifting", analysis: report() }, "continue"],
])("the verdict when %s", (_, change, verdict) => {
  expect(rolloutView(canary(change), NOW).analysis?.verdict).toBe(verdict);
});

test("more weight and a worse candidate are noticed in fewer requests", () => {
  const baseline = { errorRate: 0.005, requestsPerSecond: 100 };
  const at = (candidateErrorRate: number) =>
    (requestsToNotice(canary(), { ...baseline, candidateErrorRate }) ?? []).map((entry) => entry.requests);
  const [mild, severe] = [at(0.05), at(0.5)];
  expect(mild).toHaveLength(2);
  expect(mild[0]).toBeGreaterThan(mild[1] ?? Number.POSITIVE_INFINITY);
  expect(severe[0]).toBeLessThan(mild[0] ?? 0);
});

test("nothing is noticed where nothing is compared", () => {
  const baseline = { errorRate: 0.005, requestsPerSecond: 100 };
  expect(requestsToNotice(canary({ fromRevision: null }), baseline)).toBeNull();
  expect(requestsToNotice(canary({ fastTrack: true }), baseline)).toBeNull();
  expect(requestsToNotice(canary(), undefined)).toBeNull();
});
