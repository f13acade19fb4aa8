import { expect, test } from "vitest";
import { stepElapsed } from "./clock.ts";
import { afterOutage } from "./outage.ts";
import { instances, Story } from "./testing/fixtures.ts";

/** A candidate that has been short for ten seconds of the sixty that it has. */
function short(): Story {
  const story = new Story().runTo("shifting", 1);
  story.facts.candidate = instances(2, 0, 1);
  for (let second = 0; second <= 10; second += 1) {
    story.look();
    story.now += 1_000;
  }
  return story;
}

// edge case 42
test("a deadline does not pass while nobody can look: what was left of it is left", () => {
  const story = short();
  story.now += 600_000;
  story.rollout = afterOutage(story.rollout, 600_000);
  story.look();
  expect(story.rollout.phase).toBe("shifting");
  story.now += 50_000;
  story.look();
  expect(story.rollout).toMatchObject({ phase: "rolling_back", trigger: "health_check_failure" });
});

test("a deadline passes when somebody could look all the time", () => {
  const story = short();
  story.now += 600_000;
  story.look();
  expect(story.rollout.phase).toBe("rolling_back");
});

test("a step does not go on meanwhile beside a candidate that was short", () => {
  const story = short();
  const before = stepElapsed(story.rollout, story.now);
  story.now += 600_000;
  story.rollout = afterOutage(story.rollout, 600_000);
  expect(stepElapsed(story.rollout, story.now)).toBe(before);
});

test("a rollout that waits for nobody, or that somebody paused, is what it was", () => {
  const { rollout } = new Story().runTo("shifting", 1);
  expect(afterOutage(rollout, 600_000)).toBe(rollout);
  const waiting = short().rollout;
  expect(afterOutage(waiting, 0)).toBe(waiting);
  const paused = { ...waiting, pausedAt: 5_000 };
  expect(afterOutage(paused, 600_000)).toBe(paused);
});

test("a refusal of the data plane gets the rest of its deadline, too", () => {
  const { rollout } = new Story().runTo("shifting", 1);
  expect(afterOutage({ ...rollout, refusedSince: 1_000 }, 5_000)).toMatchObject({
    refusedSince: 6_000,
    pausedMs: rollout.pausedMs,
  });
});
