import { describe, expect, test } from "vitest";
import { applyCommand } from "../command.ts";
import { canary, gateResult, newRollout, Story } from "../testing/fixtures.ts";

describe("a gate that waits for its figures", () => {
  test("is looked at again at the moment when its time is over, and not in a hot loop afterwards", () => {
    const story = new Story(newRollout(), { gates: [gateResult("quality", "waiting", { waitsUntil: 4_000 })] });
    expect(story.look().wakeAt).toBe(4_000);
    story.now = 4_000;
    expect(story.look().wakeAt).toBe(5_000);
    expect([story.rollout.phase, story.effectTypes]).toEqual(["gating", ["evaluateGates"]]);
    story.look({ gates: [gateResult("quality", "failed")] });
    expect(story.rollout).toMatchObject({ phase: "gates_failed", trigger: null });
  });

  test("holds nothing up when it is only advisory", () => {
    const gates = [gateResult("cost", "waiting", { required: false, waitsUntil: 4_000 })];
    expect(new Story(newRollout(), { gates }).look().rollout.phase).toBe("preparing");
  });
});

describe("reevaluate", () => {
  test("drops what the gates said, so that they are judged anew", () => {
    const story = new Story(newRollout(), { gates: [gateResult("quality", "waiting")] });
    story.look();
    story.order("reevaluate");
    expect([story.rollout.gates, story.rollout.attempts]).toEqual([
      [],
      { gates: 2, tests: 1, migrations: 1, members: 1 },
    ]);
    expect(story.last.events.map((event) => event.type)).toEqual(["rollout.gates.reevaluated"]);
    expect(story.look({ gates: null }).effects).toEqual([{ type: "evaluateGates" }]);
    expect(story.look({ gates: [gateResult("quality", "passed")] }).rollout.phase).toBe("preparing");
  });

  test("is for a rollout at its gates and for no other", () => {
    const story = new Story().runTo("shifting");
    expect(() => story.order("reevaluate")).toThrow("reevaluate is not possible while the rollout is shifting");
  });
});

describe("a denial", () => {
  const denied = { ...canary, steps: [{ hook: { url: "http://hook" } }, { wait: { approval: true as const } }] };

  test("of a gate calls no hook, and neither does another look", () => {
    // edge case 34
    const story = new Story(newRollout({ strategy: denied }), { gates: [gateResult("quality", "failed")] });
    expect(story.look().effects).toEqual([]);
    expect(story.look().effects).toEqual([]);
  });

  test("by a person calls no hook that was called before it, while waiting or on the way back", () => {
    // edge case 34
    const story = new Story(newRollout({ strategy: denied })).runTo("shifting", 0);
    story.look();
    expect(story.effectTypes).toEqual(["callHook"]);
    const hooks = [{ step: 0, status: "succeeded" as const, message: "" }];
    story.look({ hooks });
    expect(story.rollout.step).toBe(1);
    const seen: string[] = [];
    for (let looks = 0; looks < 5; looks++) {
      story.now += 1_000;
      seen.push(...story.look().effects.map((effect) => effect.type));
      story.obey();
    }
    const context = { actor: "bob", comment: "", now: story.now, creator: "ada" };
    story.rollout = applyCommand(story.rollout, "reject", context).rollout;
    while (story.rollout.phase !== "rolled_back") {
      story.run(1);
      seen.push(...story.effectTypes);
    }
    expect(seen).not.toContain("callHook");
    expect(story.rollout.trigger).toBe("manual");
  });
});
