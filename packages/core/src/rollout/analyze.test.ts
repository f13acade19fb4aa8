import { describe, expect, test } from "vitest";
import type { JudgeReport } from "../judge/judge.types.ts";
import type { AnalysisOptions } from "../strategy/analysis.schema.ts";
import {
  ANALYSIS,
  canary,
  gradual,
  guardReport,
  instances,
  judgeClosed,
  judgeMetric,
  judgeReport,
  newRollout,
  Story,
  shadow,
} from "./testing/fixtures.ts";

const steps = [{ setWeight: 10 }, { analyze: { seconds: 60 } }, { setWeight: 50 }];
const analysed = (analysis: Partial<AnalysisOptions> = {}, changes: Partial<typeof canary> = {}) =>
  new Story(newRollout({ strategy: { ...canary, steps, analysis: { ...ANALYSIS, ...analysis }, ...changes } })).runTo(
    "shifting",
    1,
  );
const doubted: Partial<JudgeReport> = {
  verdict: "hold",
  sampleRatio: { logEvidence: 8, doubted: true },
  message: "the candidate got 30 % of the requests instead of 10 %",
};
const down = judgeMetric({ name: "saturation", source: "prometheus", status: "provider_error", message: "refused" });
const empty = judgeMetric({ name: "quality", source: "evaluations", status: "no_data", message: "none yet" });

/** Past the end of the step's time. */
const overtime = (story: Story, judge: Partial<JudgeReport>): string[] => {
  story.facts = { ...story.facts, judge: judgeReport(judge) };
  return story.run(62);
};

describe("the pooled judge", () => {
  test("is heard on this rollout's hypothesis only", () => {
    // edge case 45
    const story = analysed();
    story.look({ judge: judgeReport({ ...judgeClosed("of another attempt"), hypothesis: "rol_0" }) });
    expect([story.rollout.phase, story.rollout.judge]).toEqual(["shifting", null]);
    story.look({ judge: judgeReport() });
    expect(story.rollout.judge?.message).toContain("no harm seen");
  });

  test("that closes turns the rollout back in any step, with its reason", () => {
    // edge case 31: whatever the other metrics say
    const story = new Story(newRollout({ strategy: gradual })).runTo("shifting", 1);
    story.look({
      judge: judgeReport({ ...judgeClosed("quality: 0.61 against 0.80"), metrics: [down, judgeMetric()] }),
    });
    expect(story.rollout).toMatchObject({
      phase: "rolling_back",
      returningTo: "rolled_back",
      reason: "quality: 0.61 against 0.80",
      trigger: "performance_degradation",
    });
    expect(story.last.events.filter((event) => event.alert).map((event) => event.type)).toEqual([
      "rollout.judge.closed",
      "rollout.return.started",
    ]);
  });

  test("closes while a candidate is tested or prepared, too", () => {
    // edge case 33
    const story = new Story();
    story.look({ judge: judgeReport(judgeClosed("a limit was crossed")) });
    expect(story.rollout).toMatchObject({ phase: "rolled_back", reason: "a limit was crossed" });
  });
});

describe("an analyze step that is held", () => {
  test("by a split that is not the nominal one does not end, and is given up after a limit", () => {
    // edge case 46
    const story = analysed();
    const seen = overtime(story, doubted);
    expect(seen.filter((type) => type === "rollout.analysis.held")).toHaveLength(1);
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 1]);
    story.run(121);
    expect(story.rollout).toMatchObject({
      trigger: "no_data",
      reason: "the candidate got 30 % of the requests instead of 10 % within 120 s",
    });
  });

  test("goes on when the doubt is gone, and says held once", () => {
    const story = analysed();
    overtime(story, doubted);
    story.look({ judge: judgeReport() });
    expect([story.rollout.step, story.rollout.noDataSince]).toEqual([2, null]);
  });

  test("by a source that is down is neither judged nor failed: it waits", () => {
    // edge case 25
    const story = analysed();
    overtime(story, { verdict: "hold", metrics: [judgeMetric(), down] });
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 1]);
    expect(story.rollout.trigger).toBeNull();
    story.look({ judge: judgeReport() });
    expect(story.rollout.step).toBe(2);
  });

  test.each([
    ["ignore", "shifting", 2],
    ["hold", "shifting", 1],
    ["rollback", "rolling_back", 1],
  ] as const)("by a source that is down, with onProviderError %s: %s", (onProviderError, phase, step) => {
    // edge case 25
    const story = analysed({ onProviderError });
    // The gateways never confirm what comes afterwards, so that the outcome can be seen.
    story.now += 60_000;
    story.look({ judge: judgeReport({ verdict: "hold", metrics: [judgeMetric(), down] }) });
    expect([story.rollout.phase, story.rollout.step]).toEqual([phase, step]);
    if (phase === "rolling_back")
      expect(story.rollout).toMatchObject({ trigger: "no_data", reason: "no judgement of saturation (refused)" });
  });

  test("by an answer that is no figure is held as by a source that is down", () => {
    // edge case 26
    const story = analysed();
    overtime(story, { metrics: [{ ...down, status: "invalid", message: "two series" }] });
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 1]);
  });

  test("a source that was down in the middle of the step and is back at its end has held nothing", () => {
    // edge case 25
    const story = analysed({ onProviderError: "rollback" });
    story.look({ judge: judgeReport({ verdict: "hold", metrics: [down] }) });
    story.run(30);
    story.facts = { ...story.facts, judge: judgeReport() };
    story.run(31);
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 2]);
  });

  test.each([
    ["hold", "shifting", 1],
    ["promote", "shifting", 2],
    ["rollback", "rolling_back", 1],
  ] as const)("by a metric without figures, with onNoData %s: %s", (onNoData, phase, step) => {
    // edge case 24
    const story = analysed({ onNoData });
    story.now += 60_000;
    story.look({ judge: judgeReport({ verdict: "hold", metrics: [judgeMetric(), empty] }) });
    expect([story.rollout.phase, story.rollout.step]).toEqual([phase, step]);
  });

  test("and would turn back, but was resumed by a person, waits for figures as long as a hold does", () => {
    const story = analysed({ onNoData: "rollback" }, { onFailure: "pause" });
    const none = judgeReport({ verdict: "hold", metrics: [judgeMetric(), empty] });
    story.now += 60_000;
    story.look({ judge: none });
    expect(story.rollout).toMatchObject({ pausedAt: story.now, failure: { cause: "no_data" } });
    story.order("resume");
    story.run(5);
    expect(story.rollout).toMatchObject({ pausedAt: null, step: 1, phase: "shifting" });
    story.run(121);
    expect(story.rollout.pausedAt).not.toBeNull();
    story.order("resume");
    story.look({ judge: judgeReport() });
    expect(story.rollout.step).toBe(2);
  });

  test("by a judge that says hold and not why is held", () => {
    const story = analysed();
    overtime(story, { verdict: "hold", message: "the gateways disagree" });
    expect(story.rollout.step).toBe(1);
  });

  test("does not wait for a comparison with a stable revision that is broken", () => {
    // edge case 12
    const story = analysed();
    story.facts = { ...story.facts, stable: instances(1, 0, 4) };
    overtime(story, { ...doubted, metrics: [empty] });
    expect(story.rollout.step).toBeGreaterThan(1);
  });

  test("does not wait in a step that analyses nothing", () => {
    const story = new Story(newRollout({ strategy: gradual })).runTo("shifting", 1);
    story.facts = { ...story.facts, judge: judgeReport(doubted) };
    expect(story.runTo("shifting", 2).rollout.step).toBe(2);
  });
});

describe("an analyze step that knows enough", () => {
  const shown: Partial<JudgeReport> = { verdict: "promote", nonInferior: true };

  test("ends before its time when the candidate was shown to be no worse, and the gates and weights after it stay", () => {
    const story = analysed();
    story.run(1);
    story.look({ judge: judgeReport(shown) });
    expect([story.rollout.step, story.rollout.steps[2]?.status]).toEqual([2, "running"]);
    expect(story.rollout.steps.map((step) => step.type)).toEqual(["setWeight", "analyze", "setWeight", "switch"]);
  });

  test.each([
    ["not enough requests", { samples: { stable: 1_000, candidate: 9 } }, shown],
    ["a weight that no gateway confirms", { applied: false }, shown],
    ["evidence of nothing", {}, { verdict: "promote", nonInferior: null } satisfies Partial<JudgeReport>],
    ["too little evidence", {}, { verdict: "continue", nonInferior: false } satisfies Partial<JudgeReport>],
    ["what was shown in an earlier step", {}, { ...shown, step: 0 }],
    ["fewer requests at the judge than at the gateway", {}, { ...shown, samples: { stable: 1_000, candidate: 9 } }],
  ])("does not end before its time with %s, and ends then", (_, traffic, judge) => {
    // edge case 28
    const story = analysed();
    story.look();
    story.setTraffic(traffic);
    story.facts = { ...story.facts, judge: judgeReport(judge) };
    // Looks only: the world does nothing that would repair what is missing.
    for (let looks = 0; looks < 50; looks++) {
      story.now += 1_000;
      story.look();
    }
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 1]);
    story.setTraffic({ samples: { stable: 1_000, candidate: 1_000 }, applied: true });
    story.facts = { ...story.facts, judge: judgeReport({ ...judge, nonInferior: null }) };
    story.run(15);
    expect(story.rollout.step).toBeGreaterThan(1);
  });

  test("wants one request at least, whatever the strategy asks for", () => {
    const story = analysed({ minimumSamples: 0 });
    story.setTraffic({ samples: { stable: 1_000, candidate: 0 } });
    story.look({ judge: judgeReport(shown) });
    expect(story.rollout.step).toBe(1);
  });

  test("ends a shadow no earlier: what that is for is to see the whole time", () => {
    const story = new Story(newRollout({ strategy: shadow })).runTo("shifting", 1);
    story.look({ judge: judgeReport(shown) });
    expect(story.rollout.step).toBe(1);
  });
});

describe("limits that are crossed together", () => {
  // edge case 29: closed goes before hold, hold before promote, promote before continue
  const everything: Partial<JudgeReport> = { ...doubted, nonInferior: true, metrics: [down, empty] };

  test("worse and unknown and fine at once is worse", () => {
    const story = analysed({ onProviderError: "rollback" });
    story.look({ judge: judgeReport({ ...everything, ...judgeClosed("worse") }) });
    expect(story.rollout).toMatchObject({ phase: "rolling_back", reason: "worse", trigger: "performance_degradation" });
  });

  test("guard and judge at once are one way back, with the guard's reason", () => {
    const story = analysed();
    story.look({ guard: guardReport("error rate"), judge: judgeReport(judgeClosed("quality")) });
    expect(story.rollout.reason).toBe("error rate");
    expect(story.last.events.filter((event) => event.type === "rollout.return.started")).toHaveLength(1);
  });

  test("unknown and fine at once is held", () => {
    const story = analysed();
    overtime(story, everything);
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 1]);
  });

  test("what somebody waived ends nothing early afterwards: a broken limit is no success", () => {
    // edge case 30
    const story = analysed({}, { onFailure: "pause" });
    const judge = judgeReport({ ...judgeClosed("worse"), nonInferior: true });
    story.look({ judge });
    expect(story.rollout.failure?.cause).toBe("judge");
    story.order("resume");
    story.run(5);
    expect([story.rollout.pausedAt, story.rollout.step]).toEqual([null, 1]);
    // And afterwards it proceeds (edge case 28).
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });
});
