import { describe, expect, test } from "vitest";
import { applyCommand } from "../command.ts";
import { canary, guardReport, instances, newRollout, Story, splitOf } from "../testing/fixtures.ts";

/** At 60 %, with four wanted instances, when a person rolls back. */
function returning(changes: Parameters<Story["look"]>[0] = {}): Story {
  const steps = [{ match: { header: { beta: "1" } } }, { setWeight: 60 }, { wait: { approval: true as const } }];
  const story = new Story(newRollout({ strategy: { ...canary, steps } })).runTo("shifting", 2);
  const context = { actor: "bob", comment: "no", now: story.now, creator: "ada" };
  story.rollout = applyCommand(story.rollout, "rollback", context).rollout;
  story.look(changes);
  return story;
}

describe("rolling back", () => {
  test("moves traffic first, and removes the candidate when the data plane shows none for it", () => {
    // edge case 1, edge case 20
    const story = returning();
    expect([story.rollout.phase, story.weight, story.effectTypes]).toEqual(["rolling_back", 0, ["setTraffic"]]);
    story.setTraffic({ split: splitOf(6_000), applied: true });
    story.look();
    expect(story.effectTypes).toEqual(["setTraffic"]);
    story.setTraffic({ split: splitOf(0), applied: false });
    expect(story.look().rollout.phase).toBe("rolling_back");
    story.setTraffic({ applied: true });
    story.look();
    expect([story.rollout.phase, story.rollout.finishedAt, story.effectTypes]).toEqual([
      "rolled_back",
      story.now,
      ["removeInstances"],
    ]);
    expect(story.alerts).toEqual(["rollout.phase.changed"]);
  });

  test("leaves no pin and no mirror behind", () => {
    // edge case 49
    const story = returning();
    expect(story.rollout.desired).toMatchObject({ pins: [], mirror: null });
  });

  test("shifts only as stable becomes available", () => {
    // edge case 9
    const story = returning({ stable: instances(1, 0, 4) });
    expect([story.weight, story.alerts]).toEqual([6_000, ["rollout.return.held"]]);
    // 2 of 4 ready instances carry 2/4 of the traffic and a quarter more.
    story.look({ stable: instances(1, 2, 4) });
    expect(story.weight).toBe(3_750);
    story.look({ stable: instances(1, 3, 4) });
    expect(story.weight).toBe(625);
    story.look({ stable: instances(1, 4) });
    expect(story.weight).toBe(0);
  });

  test("never raises the candidate's weight again, whatever happens to stable", () => {
    // edge case 10
    const story = returning({ stable: instances(1, 2, 4) });
    story.look({ stable: instances(1, 1, 4) });
    expect(story.weight).toBe(3_750);
    story.setTraffic({ split: splitOf(100) });
    story.look();
    expect(story.weight).toBe(100);
  });

  test("makes do with what stable has at the deadline", () => {
    // edge case 37
    const story = returning({ stable: instances(1, 1, 4) });
    story.now += 60_000;
    story.look();
    expect(story.weight).toBe(0);
  });

  test("keeps serving from the candidate while it is the only healthy copy", () => {
    // edge case 23
    const story = returning({ stable: instances(1, 0, 4) });
    story.run(1_000);
    expect([story.rollout.phase, story.weight]).toEqual(["rolling_back", 6_000]);
    story.look({ stable: instances(1, 4) });
    story.obey();
    expect(story.look().rollout.phase).toBe("rolled_back");
  });

  test("does not wait for a stable revision that is dead when the candidate is dead too", () => {
    // edge case 12, edge case 13
    const story = returning({ stable: instances(1, 0, 4), candidate: instances(2, 0, 3) });
    expect(story.weight).toBe(0);
    story.obey();
    expect(story.look().rollout.phase).toBe("rolled_back");
  });

  test("a fix does not wait for ever for a stable revision that is dead: it starts from the candidate that serves everything", () => {
    // edge case 12, edge case 13, edge case 23
    const story = new Story(newRollout()).runTo("monitoring");
    story.look({ newer: "rol_2", stable: instances(1, 0, 4) });
    story.now += 59_000;
    expect(story.look().rollout.phase).toBe("rolling_back");
    story.now += 1_000;
    // The dismissal of pins and mirror has been taken over meanwhile.
    story.obey();
    story.look();
    expect(story.rollout).toMatchObject({ phase: "failed" });
    expect(story.last.effects).toContainEqual({ type: "declareStable", revision: 2 });
    expect(story.alerts).toContain("rollout.phase.changed");
  });

  test("a newer revision sends traffic to stable before it begins", () => {
    // edge case 1, edge case 7
    const story = new Story().runTo("shifting", 3);
    story.look({ newer: "rol_2" });
    expect([story.rollout.phase, story.rollout.returningTo, story.weight]).toEqual(["rolling_back", "superseded", 0]);
    expect(story.alerts).toEqual([]);
    story.obey();
    expect(story.look().rollout).toMatchObject({ phase: "superseded", reason: "superseded by rol_2" });
  });

  test("without any traffic given, does not wait for a gateway that cannot be asked", () => {
    // edge case 13
    const story = new Story();
    story.look();
    story.setTraffic({ verified: false, applied: false, split: null });
    story.look({ newer: "rol_2" });
    expect(story.rollout.phase).toBe("superseded");
  });

  test("keeps the guard's closing until stable has the traffic", () => {
    const story = new Story().runTo("shifting", 1);
    story.setTraffic({ split: splitOf(0) });
    story.look({ guard: guardReport("error rate") });
    expect(story.rollout.desired.guard).toBe("rol_1");
    expect(story.weight).toBe(0);
  });

  test("a first delivery loses its route before its instances", () => {
    // edge case 21
    const story = new Story(newRollout({ from: null }), { serving: null, stable: null }).runTo("monitoring");
    const context = { actor: "bob", comment: "", now: story.now, creator: "ada" };
    story.rollout = applyCommand(story.rollout, "cancel", context).rollout;
    story.look();
    expect([story.rollout.desired.split, story.effectTypes]).toEqual([null, ["setTraffic"]]);
    story.setTraffic({ applied: false });
    expect(story.look().effects.map((effect) => effect.type)).toEqual(["setTraffic"]);
    story.setTraffic({ applied: true, split: null });
    story.look();
    expect([story.rollout.phase, story.effectTypes]).toEqual(["cancelled", ["removeInstances"]]);
  });
});
