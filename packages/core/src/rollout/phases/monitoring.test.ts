import { describe, expect, test } from "vitest";
import { applyCommand } from "../command.ts";
import {
  ab,
  canary,
  guardReport,
  immediate,
  instances,
  newRollout,
  Story,
  shadow,
  splitOf,
} from "../testing/fixtures.ts";

describe("a holdback", () => {
  const held = (changes: Partial<typeof immediate> = {}) =>
    new Story(newRollout({ strategy: { ...immediate, holdbackPercentage: 2, ...changes } }));

  test("is left to stable by the last step and throughout the bake, under the guard's eyes", () => {
    const story = held().runTo("monitoring");
    expect([story.weight, story.rollout.desired.guard]).toEqual([9_800, "rol_1"]);
    story.run(25);
    expect([story.rollout.phase, story.weight]).toEqual(["monitoring", 9_800]);
    story.look({ guard: guardReport("error rate") });
    expect(story.rollout.phase).toBe("rolling_back");
  });

  test("goes with the end of the bake, and the rollout completes only when the data plane shows it", () => {
    // edge case 19
    const story = held().runTo("monitoring");
    while (story.weight < 10_000) story.run(1);
    expect([story.rollout.phase, story.rollout.desired.guard]).toEqual(["monitoring", null]);
    story.setTraffic({ split: splitOf(9_800) });
    story.look();
    expect([story.rollout.phase, story.effectTypes]).toEqual(["monitoring", ["setTraffic"]]);
    story.obey();
    expect(story.look().rollout.phase).toBe("completed");
  });

  test("goes at once when a person promotes, and not before the data plane shows it", () => {
    const story = held().runTo("monitoring");
    story.order("promote");
    story.look();
    expect([story.weight, story.rollout.phase]).toEqual([10_000, "monitoring"]);
    story.obey();
    expect(story.look().rollout.phase).toBe("completed");
  });

  test.each([
    ["without a bake", newRollout({ strategy: { ...immediate, holdbackPercentage: 2, monitoringSeconds: 0 } }), {}],
    ["on a first delivery", newRollout({ from: null, strategy: { ...immediate, holdbackPercentage: 2 } }), null],
    ["on a way back", newRollout({ fastTrack: true, strategy: { ...immediate, holdbackPercentage: 2 } }), {}],
  ])("is none %s", (_, rollout, facts) => {
    const story = new Story(rollout, facts === null ? { serving: null, stable: null } : {});
    const weights = new Set<number>();
    while (story.rollout.phase !== "completed") {
      story.run(1);
      weights.add(story.weight);
    }
    expect(weights).not.toContain(9_800);
  });

  test("takes from the steps above it only what it needs", () => {
    const steps = [{ setWeight: 50 }, { setWeight: 99 }];
    const story = new Story(newRollout({ strategy: { ...canary, holdbackPercentage: 2, steps } }));
    const weights: number[] = [];
    while (story.rollout.phase !== "completed") {
      story.run(1);
      if (weights.at(-1) !== story.weight) weights.push(story.weight);
    }
    expect(weights).toEqual([0, 5_000, 9_800, 10_000]);
  });
});

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
