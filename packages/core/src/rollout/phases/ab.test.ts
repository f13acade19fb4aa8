import { describe, expect, test } from "vitest";
import { ab, canary, goalReport, judgeReport, newRollout, Story, shadow } from "../testing/fixtures.ts";

const testing = (changes: Partial<typeof ab> = {}) =>
  new Story(newRollout({ strategy: { ...ab, promoteWinner: true, goal: "purchase", ...changes } })).runTo(
    "shifting",
    1,
  );

describe("an A/B test with a goal", () => {
  test("promotes a candidate that won, before its time is over", () => {
    const story = testing();
    story.run(2);
    expect(story.rollout.step).toBe(1);
    story.look({ goal: goalReport("candidate", "4.0 % against 8.0 % of 500 each: the candidate won") });
    expect(story.rollout.step).toBe(2);
    expect(story.last.events.map((event) => event.message)).toContain(
      "4.0 % against 8.0 % of 500 each: the candidate won",
    );
    story.runTo("completed");
    expect([story.weight, story.rollout.goal?.winner]).toEqual([10_000, "candidate"]);
    expect(story.last.effects).toContainEqual({ type: "declareStable", revision: 2 });
  });

  test.each([
    ["stable won", goalReport("stable"), "stable won"],
    ["nobody won", goalReport(null), "nobody won"],
    ["nobody ever reported the goal", null, "nobody won: no goal was reported while the test ran"],
  ])("keeps stable when %s, and says why", (_, goal, reason) => {
    const story = testing();
    story.look({ goal });
    expect(story.runTo("completed").rollout.reason).toBe(`revision 1 keeps serving: ${reason}`);
    expect(story.weight).toBe(0);
    expect(story.effectTypes).toEqual(["removeInstances"]);
    expect(story.rollout.steps.map((step) => [step.type, step.status])).toEqual([
      ["setWeight", "done"],
      ["analyze", "done"],
      ["switch", "skipped"],
      ["setWeight", "done"],
    ]);
  });

  test("by a match takes its pins back when nobody won", () => {
    const story = testing({ match: { header: { beta: "1" }, region: "eu" } });
    expect(story.rollout.desired.pins).toEqual([{ revision: 2, headers: { beta: "1" }, cookies: {}, region: "eu" }]);
    story.runTo("completed");
    expect([story.rollout.desired.pins, story.weight]).toEqual([[], 0]);
  });

  test("has no winner while its split is doubted", () => {
    // edge case 46
    const story = testing();
    const sampleRatio = { logEvidence: 9, doubted: true };
    story.look({ goal: goalReport("candidate"), judge: judgeReport({ verdict: "hold", sampleRatio }) });
    story.run(40);
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 1]);
  });

  test("that promotes nobody runs its whole time and reports", () => {
    const story = testing({ promoteWinner: false });
    story.look({ goal: goalReport("candidate") });
    expect(story.rollout.step).toBe(1);
    expect(story.runTo("completed").rollout.reason).toBe("revision 1 keeps serving: candidate won");
  });

  test("that a person promotes does not ask the goal", () => {
    const story = testing();
    story.order("promote");
    story.runTo("completed");
    expect(story.weight).toBe(10_000);
  });
});

test("a shadow's comparison is kept in its rollout", () => {
  const report = {
    compared: 10,
    skipped: 0,
    statusMismatches: 1,
    bodyMismatches: null,
    bodiesSkipped: 0,
    latencyMs: { stable: null, candidate: null },
    examples: [],
  };
  const story = new Story(newRollout({ strategy: shadow })).runTo("shifting", 1);
  story.look({ shadow: report });
  story.facts = { ...story.facts, shadow: null };
  expect(story.runTo("completed").rollout.shadow).toEqual(report);
});

test("a match step carries its region to the gateway, alone or beside headers", () => {
  const steps = [{ match: { region: "eu" } }, { wait: { approval: true as const } }];
  const story = new Story(newRollout({ strategy: { ...canary, steps } })).runTo("shifting", 1);
  expect(story.rollout.desired.pins).toEqual([{ revision: 2, headers: {}, cookies: {}, region: "eu" }]);
});
