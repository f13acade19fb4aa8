import { describe, expect, test } from "vitest";
import { advance } from "./advance.ts";
import { isTerminal, TERMINAL_PHASES } from "./phase.ts";
import { blueGreen, gradual, newRollout, Story } from "./testing/fixtures.ts";

describe("advance", () => {
  test.each(TERMINAL_PHASES)("wants nothing of a rollout that is %s", (phase) => {
    // edge case 8
    const story = new Story({ ...newRollout(), phase });
    expect(story.look({ newer: "rol_2" })).toEqual({ rollout: story.rollout, effects: [], events: [] });
  });

  test("asked again with the same facts, repeats its effects, reports nothing, and gives the same object back", () => {
    // edge case 38
    const story = new Story().runTo("shifting");
    const first = story.last;
    story.setTraffic({ split: [{ revision: 1, weight: 10_000 }], applied: false });
    const again = story.look();
    expect(again.effects).toEqual(first.effects.filter((effect) => effect.type === "setTraffic"));
    expect(again.events).toEqual([]);
    expect(story.look().rollout).toBe(again.rollout);
  });

  test("does not take the order of keys in a stored document for a change", () => {
    // edge case 41
    const story = new Story().runTo("shifting", 1);
    const reversed = JSON.parse(JSON.stringify(story.rollout), (_key, value: unknown) =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(advance(reversed, story.facts, story.now).rollout).toBe(reversed);
  });

  test("does not believe a split that was seen before its own wish could be", () => {
    // edge case 39
    const story = new Story(newRollout({ strategy: blueGreen })).runTo("shifting", 1);
    // The pin changes no weight: the split seen is the one wanted, but it was seen under the earlier wish.
    expect([story.rollout.step, story.effectTypes]).toEqual([1, ["setTraffic"]]);
    expect(story.look().rollout.step).toBe(2);
  });

  test("looks again by itself until the end: a hint that is lost loses nothing", () => {
    const story = new Story(newRollout({ strategy: gradual }));
    for (let looks = 0; looks < 500 && !isTerminal(story.rollout.phase); looks++) {
      const { wakeAt } = story.look();
      if (isTerminal(story.rollout.phase)) break;
      expect(wakeAt).toBeGreaterThanOrEqual(story.now);
      story.now = Math.max(story.now + 1, wakeAt ?? Number.NaN);
      story.obey();
    }
    expect(story.rollout.phase).toBe("completed");
  });

  test("a clock that is set back delays, and breaks nothing", () => {
    const story = new Story(newRollout({ strategy: gradual })).runTo("shifting", 1);
    story.now -= 20_000;
    story.run(5);
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 1]);
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test("canary, rollback, canary again leave nothing of the first one behind", () => {
    // edge case 49
    const first = new Story(newRollout({ strategy: blueGreen })).runTo("shifting", 2);
    first.look({ newer: "rol_2" });
    first.obey();
    first.look();
    expect(first.rollout.phase).toBe("superseded");
    first.obey();
    const second = new Story(newRollout({ id: "rol_2" }), { ...first.facts, newer: null }).runTo("completed");
    expect(second.rollout.desired).toMatchObject({
      pins: [],
      mirror: null,
      split: [
        { revision: 1, weight: 0 },
        { revision: 2, weight: 10_000 },
      ],
    });
  });
});
