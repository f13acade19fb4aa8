import { describe, expect, test } from "vitest";
import { allowedCommands } from "./allowed.ts";
import { reverseRollout } from "./reverse.ts";
import { canary, guardReport, instances, newRollout, Story } from "./testing/fixtures.ts";
import { assertReversible, noWayBack } from "./way-back.ts";

const irreversible = (changes: Partial<typeof canary> = {}, facts: Parameters<Story["look"]>[0] = {}) =>
  new Story(newRollout({ strategy: { ...canary, ...changes } }), { irreversible: true, ...facts });

describe("a version that declares a migration up and none down", () => {
  test("can be given up as long as nothing was started for it", () => {
    // edge case 50
    const story = new Story(newRollout({ requiredApprovals: 1 }), { irreversible: true });
    story.look();
    expect(allowedCommands(story.rollout)).toContain("cancel");
    expect(story.order("cancel").rollout.phase).toBe("cancelled");
  });

  test("is frozen by what would have rolled it back, once its instances have begun, and nobody can take it back", () => {
    // edge case 50
    const story = irreversible().runTo("shifting", 1);
    story.look({ guard: guardReport("error rate") });
    expect(story.rollout).toMatchObject({ phase: "shifting", irreversible: true, failure: { frozen: true } });
    expect(story.alerts).toEqual(["rollout.guard.closed", "rollout.frozen"]);
    story.run(300);
    expect([story.rollout.phase, story.weight]).toEqual(["shifting", 500]);
    expect(allowedCommands(story.rollout)).toEqual(["resume", "promote"]);
    expect(() => story.order("rollback")).toThrow(
      "rollback is not possible: version 1.1.0 declares a migration up and none down, so its data cannot be taken back; allowed: resume, promote",
    );
    story.order("promote");
    expect(story.runTo("completed").rollout.phase).toBe("completed");
    // What it delivered is not taken back afterwards either.
    expect(allowedCommands(story.rollout)).toEqual([]);
  });

  test("takes no rollback, cancel or reject of a person even while all is well", () => {
    const steps = [{ setWeight: 10 }, { wait: { approval: true as const } }];
    const story = irreversible({ steps }).runTo("shifting", 1);
    expect(allowedCommands(story.rollout)).toEqual(["approve", "pause", "promote"]);
  });

  test("that never gets ready is frozen at zero traffic, with its instances, until somebody mends it and goes on", () => {
    // edge case 37, edge case 50
    const story = irreversible();
    story.look();
    story.now += 60_000;
    story.look({ candidate: instances(2, 0, 1) });
    expect(story.rollout).toMatchObject({
      phase: "preparing",
      failure: { trigger: "deployment_failure", frozen: true },
    });
    story.order("resume");
    story.look({ candidate: instances(2, 1) });
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test.each([
    ["on a first delivery", newRollout({ from: null }), { serving: null, stable: null }],
    ["between revisions of one version", newRollout({ to: { revision: 2, version: "1.0.0" } }), {}],
    ["on the way to a revision that was promoted before", newRollout({ fastTrack: true }), {}],
  ])("can be taken back %s: there is no older code, or its migration has run long ago", (_, rollout, facts) => {
    const story = new Story(rollout, { irreversible: true, ...facts }).runTo("shifting");
    expect([story.rollout.irreversible, noWayBack(story.rollout)]).toEqual([false, null]);
  });

  test("is not taken back after completion, whatever road somebody tries", () => {
    const request = { id: "rol_2", actor: "bob", reason: "", now: 1e9, serving: { revision: 2, version: "1.1.0" } };
    const completed = irreversible().runTo("completed").rollout;
    expect(() => reverseRollout(completed, { ...request, irreversible: false })).toThrow(
      "its data cannot be taken back",
    );
    // One that was stored before anybody asked.
    const old = { ...completed, irreversible: false };
    expect(() => reverseRollout(old, { ...request, irreversible: true })).toThrow("its data cannot be taken back");
    expect(reverseRollout(old, { ...request, irreversible: false }).original.trigger).toBe("manual");
    expect(() => assertReversible(true, "1.1.0")).toThrow("deliver a version that mends it instead");
    expect(() => assertReversible(false, "1.1.0")).not.toThrow();
  });
});

describe("a newer revision, where there is no way back", () => {
  const frozen = () => {
    const story = irreversible().runTo("shifting", 1);
    story.look({ guard: guardReport("error rate") });
    return story;
  };

  test("waits while the candidate serves a part, and people are told once what would help", () => {
    // edge case 50
    const story = frozen();
    story.look({ newer: "rol_2" });
    expect(story.last.events.map((event) => [event.type, event.alert, event.message])).toEqual([
      [
        "rollout.newer.waiting",
        true,
        "rol_2 waits until somebody promotes or resumes this one: version 1.1.0 declares a migration up and none down, so its data cannot be taken back",
      ],
    ]);
    expect(story.look().events).toEqual([]);
    story.run(300);
    expect([story.rollout.phase, story.weight]).toEqual(["shifting", 500]);
  });

  test("begins as soon as a promoted one has all traffic: the bake is waived", () => {
    const story = frozen();
    story.look({ newer: "rol_2" });
    story.order("promote");
    const promoted = story.now;
    const seen = story.run(10);
    expect(seen).toContain("rollout.bake.waived");
    expect([story.rollout.phase, story.now - promoted]).toEqual(["completed", 10_000]);
    expect(story.weight).toBe(10_000);
    expect(story.rollout.desired.guard).toBeNull();
  });

  test("waits for a healthy one to finish its steps, too", () => {
    const story = irreversible().runTo("shifting", 1);
    story.look({ newer: "rol_2" });
    expect(story.last.events.map((event) => [event.type, event.alert])).toEqual([["rollout.newer.waiting", false]]);
    expect(story.runTo("completed").rollout.steps.map((step) => step.status)).toEqual(Array(5).fill("done"));
  });

  test("begins at once when the candidate serves nobody: that moves nobody to older code", () => {
    // edge case 13
    const preparing = irreversible();
    preparing.look();
    preparing.look({ newer: "rol_2" });
    expect(preparing.rollout).toMatchObject({ phase: "superseded", trigger: "superseded" });
    const dead = frozen();
    dead.look({ candidate: instances(2, 0, 1) });
    expect(dead.weight).toBe(0);
    dead.obey();
    dead.look({ newer: "rol_2" });
    dead.obey();
    expect(dead.look().rollout.phase).toBe("superseded");
  });
});
