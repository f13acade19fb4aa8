import { describe, expect, test } from "vitest";
import { blueGreen, instances, newRollout, Story } from "../testing/fixtures.ts";

describe("a blue-green rollout with a preview route", () => {
  test("shows the candidate at its own path from the match until the switch, and never while it has no instance", () => {
    const strategy = { ...blueGreen, previewRoute: "/next" };
    const story = new Story(newRollout({ strategy }));
    story.runTo("preparing");
    expect(story.rollout.desired.preview).toBeNull();
    story.runTo("shifting", 2);
    expect(story.rollout.desired.preview).toEqual({ path: "/next", revision: 2 });
    story.look({ candidate: instances(2, 0, 4) });
    expect(story.rollout.desired.preview).toBeNull();
    story.look({ candidate: instances(2, 4) });
    expect(story.effectTypes).toEqual(["setTraffic"]);
    story.runTo("shifting", 3);
    expect(story.rollout.desired.preview).toBeNull();
    story.runTo("completed");
  });

  test("takes it back with everything else", () => {
    const story = new Story(newRollout({ strategy: { ...blueGreen, previewRoute: "/next" } })).runTo("shifting", 2);
    story.order("rollback");
    story.look();
    expect(story.rollout.desired.preview).toBeNull();
    expect(new Story(newRollout({ strategy: blueGreen })).runTo("shifting", 2).rollout.desired.preview).toBeNull();
  });
});
