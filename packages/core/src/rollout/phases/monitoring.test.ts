import { describe, expect, test } from "vitest";
import { applyCommand } from "../command.ts";
import { ab, guardReport, immediate, instances, newRollout, Story, shadow } from "../testing/fixtures.ts";

describe("monitoring", () => {
  test("declares the candidate stable when the bake is over, and keeps the old revision warm", () => {
    // edge case 21
    const story = new Story(newRollout({ strategy: immediate })).runTo("monitoring");
    const enteredAt = story.now;
    story.runTo("completed");
    expect(story.now - enteredAt).toBeGreaterThanOrEqual(30_000);
    expect(story.last.effects).toEqual([
      { type: "declareStable", revision: 2 },
      { type: "retire", revision: 1, at: story.now + 60_000 },
    ]);
    expect(story.rollout.desired.instances).toContainEqual({ revision: 1, replicas: 4 });
  });

  test("dismisses the guard before it completes: its closing afterwards would send everybody to what is about to go", () => {
    const story = new Story(newRollout({ strategy: immediate })).runTo("monitoring");
    while (story.rollout.desired.guard !== null) story.run(1);
    expect(story.rollout.phase).toBe("monitoring");
    story.setTraffic({ applied: false });
    story.look({ guard: guardReport("closed at the last moment") });
    expect(story.rollout.phase).toBe("rolling_back");
  });

  test("does not complete while the data plane shows another split", () => {
    // edge case 19
    const story = new Story(newRollout({ strategy: { ...immediate, monitoringSeconds: 0 } })).runTo("monitoring");
    story.setTraffic({ verified: false });
    story.run(600);
    expect(story.rollout.phase).toBe("monitoring");
    story.setTraffic({ verified: true });
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test("does not complete while the candidate is short of instances", () => {
    const story = new Story(newRollout({ strategy: immediate })).runTo("monitoring");
    story.look({ candidate: instances(2, 3, 4) });
    story.now += 59_000;
    expect(story.look().rollout.phase).toBe("monitoring");
    story.now += 1_000;
    expect(story.look().rollout.phase).toBe("rolling_back");
  });

  test("a pause does not count as bake", () => {
    // edge case 35
    const story = new Story(newRollout({ strategy: immediate })).runTo("monitoring");
    const person = { actor: "bob", comment: "", creator: "ada" };
    story.run(10);
    story.rollout = applyCommand(story.rollout, "pause", { ...person, now: story.now }).rollout;
    story.run(1_000);
    story.rollout = applyCommand(story.rollout, "resume", { ...person, now: story.now }).rollout;
    story.run(15);
    expect(story.rollout.phase).toBe("monitoring");
    story.runTo("completed");
  });

  test.each([
    ["a shadow", shadow],
    ["an A/B test that promotes nobody", ab],
  ])("%s completes with stable serving as before and the candidate gone", (_, strategy) => {
    const story = new Story(newRollout({ strategy })).runTo("completed");
    expect(story.weight).toBe(0);
    expect(story.rollout.desired.mirror).toBeNull();
    expect(story.rollout.reason).toContain("revision 1 keeps serving");
    expect(story.last.effects).toEqual([{ type: "removeInstances", revision: 2 }]);
  });

  test("an A/B test that promotes its winner makes it stable", () => {
    const story = new Story(newRollout({ strategy: { ...ab, promoteWinner: true } })).runTo("completed");
    expect(story.last.effects).toContainEqual({ type: "declareStable", revision: 2 });
  });
});
