import { describe, expect, test } from "vitest";
import { canary, newRollout, Story } from "../testing/fixtures.ts";

const PROBLEM = "HTTPRoute shop/greeter: ResolvedRefs is False (BackendNotFound)";
const refused = { applied: false, problem: PROBLEM };

/** A canary whose Gateway refuses the first weight. */
function refusing(story = new Story().runTo("shifting")): Story {
  story.setTraffic(refused);
  story.look();
  return story;
}

const types = (story: Story): string[] => story.last.events.map((event) => event.type);

describe("a data plane that refuses", () => {
  // edge case 19
  test("holds the step, and its reason is told once", () => {
    const story = refusing();
    expect(story.last.events).toContainEqual(
      expect.objectContaining({ type: "rollout.traffic.refused", message: PROBLEM }),
    );
    story.now += 1_000;
    story.look();
    expect([types(story), story.rollout.step, story.rollout.phase]).toEqual([[], 0, "shifting"]);
  });

  // edge case 37
  test("is waited for until the progress deadline; then the rollout turns back with that reason", () => {
    const story = refusing();
    story.now += 59_000;
    story.look();
    expect(story.rollout.phase).toBe("shifting");
    story.now += 1_000;
    story.look();
    expect([story.rollout.phase, story.rollout.returningTo]).toEqual(["rolling_back", "rolled_back"]);
    expect(story.rollout.reason).toBe(`${PROBLEM}, after the progress deadline of 60 s`);
    expect(story.rollout.trigger).toBe("deployment_failure");
  });

  test("that gives in lets the rollout go on, and a later refusal has the whole time again", () => {
    const story = refusing();
    story.now += 50_000;
    story.setTraffic({ applied: true, problem: null });
    story.look();
    story.obey();
    expect(story.rollout.refusedSince).toBeNull();
    story.setTraffic(refused);
    story.now += 20_000;
    story.look();
    expect([story.rollout.phase, story.rollout.refusedSince]).toEqual(["shifting", story.now]);
  });

  test("of a first delivery ends it as failed", () => {
    const first = newRollout({ from: null, strategy: canary });
    const story = new Story(first, { serving: null, stable: null }).runTo("shifting");
    story.setTraffic({ ...refused, split: null });
    story.look();
    story.now += 60_000;
    story.look();
    expect(story.rollout.returningTo).toBe("failed");
  });

  test("does nothing to a rollout that somebody paused", () => {
    const story = refusing();
    story.order("pause");
    story.now += 120_000;
    story.look();
    expect([story.rollout.phase, story.rollout.pausedAt !== null]).toEqual(["shifting", true]);
  });
});
