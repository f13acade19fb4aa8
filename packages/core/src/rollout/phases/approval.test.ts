import { describe, expect, test } from "vitest";
import type { StepInput } from "../../strategy/strategy.types.ts";
import { allowedCommands } from "../allowed.ts";
import { canary, guardReport, judgeClosed, judgeReport, newRollout, Story } from "../testing/fixtures.ts";

const waiting = (changes: Parameters<typeof newRollout>[0] = {}) => {
  const story = new Story(newRollout({ requiredApprovals: 2, ...changes }));
  story.look();
  return story;
};

describe("the approval of a start", () => {
  test("is given by those who may give it, and by nobody else", () => {
    const story = waiting({ approvers: ["bob", "eve"] });
    expect(() => story.order("approve", "mallory")).toThrow(
      '"mallory" is none of those who may approve in this environment: bob, eve',
    );
    expect(() => story.order("approve", "mallory")).toThrow(expect.objectContaining({ code: "permission_denied" }));
    story.order("approve", "bob");
    story.order("approve", "eve");
    expect(story.look().rollout.phase).toBe("preparing");
  });

  test("expires: the rollout is cancelled, and somebody hears of it", () => {
    // edge case 52
    const story = waiting({ approvalExpirySeconds: 600 });
    story.order("approve", "bob");
    expect(story.look().wakeAt).toBe(600_000);
    story.now = 599_999;
    expect(story.look().rollout.phase).toBe("awaiting_approval");
    story.now = 600_000;
    story.look();
    expect(story.rollout).toMatchObject({
      phase: "cancelled",
      trigger: "no_data",
      reason: "approval expired: 1 of 2 approved within 600 s",
    });
    expect(story.alerts).toEqual(["rollout.approval.expired"]);
  });

  test("that comes in time is worth as much as one that comes at once", () => {
    const story = waiting({ approvalExpirySeconds: 600, requiredApprovals: 1 });
    story.now = 700_000;
    story.order("approve", "bob");
    expect(story.look().rollout.phase).toBe("preparing");
  });

  test("begins to expire when it is first waited for", () => {
    const story = new Story(newRollout({ requiredApprovals: 1, approvalExpirySeconds: 60 }), { ahead: "rol_0" });
    story.look();
    story.now = 500_000;
    story.look({ ahead: null });
    expect([story.rollout.phase, story.last.wakeAt]).toEqual(["awaiting_approval", 560_000]);
  });
});

describe("a step that waits for approval", () => {
  const wait = (
    approval: Omit<Extract<StepInput, { wait: unknown }>["wait"] & { approval: true }, "approval"> = {},
  ) => ({
    wait: { approval: true as const, ...approval },
  });
  const at = (step: StepInput, changes: Parameters<typeof newRollout>[0] = {}, options: Partial<typeof canary> = {}) =>
    new Story(newRollout({ strategy: { ...canary, ...options, steps: [{ setWeight: 10 }, step] }, ...changes })).runTo(
      "shifting",
      1,
    );

  test("asks as many people as it says, each once, and none of them is whoever asked for the rollout", () => {
    const story = at(wait({ approvals: 2 }), { approvers: ["ada", "bob", "eve"] });
    expect(() => story.order("approve", "ada")).toThrow("somebody else must approve it");
    expect(() => story.order("approve", "mallory")).toThrow("none of those who may approve");
    story.order("approve", "bob");
    expect(() => story.order("approve", "bob")).toThrow("has approved already");
    expect(story.look().rollout.step).toBe(1);
    story.order("approve", "eve");
    expect([story.rollout.step, story.rollout.steps[1]?.status]).toEqual([2, "done"]);
    expect(story.rollout.approvals.map((approval) => [approval.actor, approval.step])).toEqual([
      ["bob", 1],
      ["eve", 1],
    ]);
  });

  test("does not take an approval of the start, or of another step, for its own", () => {
    const steps = [wait(), { setWeight: 10 }, wait()];
    const story = new Story(newRollout({ strategy: { ...canary, steps }, requiredApprovals: 1 }));
    story.look();
    story.order("approve", "bob");
    story.runTo("shifting", 0);
    expect(story.look().rollout.step).toBe(0);
    story.order("approve", "bob");
    story.runTo("shifting", 2);
    expect(allowedCommands(story.rollout)).toContain("approve");
    story.order("approve", "bob");
    expect(story.runTo("completed").rollout.approvals.map((approval) => approval.step)).toEqual([null, 0, 2]);
  });

  test("expires: the rollout turns back", () => {
    // edge case 52
    const story = at(wait({ expiresSeconds: 30 }));
    story.look();
    const begun = story.rollout.steps[1]?.startedAt ?? 0;
    expect(story.last.wakeAt).toBeLessThanOrEqual(begun + 30_000);
    story.now = begun + 29_999;
    expect(story.look().rollout.phase).toBe("shifting");
    story.now = begun + 30_000;
    story.look();
    expect(story.rollout).toMatchObject({
      returningTo: "rolled_back",
      trigger: "no_data",
      reason: "approval expired: 0 of 1 approved step 2 within 30 s",
    });
    expect(story.alerts).toContain("rollout.return.started");
  });

  test("expires as the environment says where the step says nothing; a pause does not count", () => {
    // edge case 35
    const story = at(wait(), { approvalExpirySeconds: 30 });
    story.run(20);
    story.order("pause");
    story.run(1_000);
    story.order("resume");
    story.run(5);
    expect(story.rollout.phase).toBe("shifting");
    story.run(10);
    expect(story.rollout.trigger).toBe("no_data");
  });

  test("with onFailure pause is held for people, and whoever resumes grants the whole time anew", () => {
    const story = at(wait({ expiresSeconds: 30 }), {}, { onFailure: "pause" });
    story.run(40);
    expect([story.rollout.phase, story.rollout.pausedAt === null, story.rollout.failure?.cause]).toEqual([
      "shifting",
      false,
      "approval",
    ]);
    story.order("resume");
    story.run(29);
    expect(story.rollout.pausedAt).toBeNull();
    story.order("approve");
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test("does not keep guard or judge from closing the gate", () => {
    // edge case 33
    const guarded = at(wait({ approvals: 2, expiresSeconds: 600 }));
    guarded.order("approve", "bob");
    guarded.look({ guard: guardReport("error rate") });
    expect(guarded.rollout).toMatchObject({ phase: "rolling_back", trigger: "performance_degradation" });
    const judged = at(wait());
    judged.look({ judge: judgeReport(judgeClosed("quality fell")) });
    expect(judged.rollout).toMatchObject({ phase: "rolling_back", reason: "quality fell" });
    expect(judged.alerts).toContain("rollout.judge.closed");
  });
});
