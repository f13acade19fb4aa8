import { describe, expect, test } from "vitest";
import { compileSteps } from "../strategy/compile.ts";
import { applyCommand } from "./command.ts";
import { isTerminal } from "./phase.ts";
import { estimatedCompletion, planDuration, progressPercentage } from "./progress.ts";
import { canary, newRollout, Story } from "./testing/fixtures.ts";

describe("progress", () => {
  test("only rises on the way to completion, and is 100 then and not before", () => {
    const story = new Story();
    const seen: number[] = [];
    while (!isTerminal(story.rollout.phase)) {
      story.run(1);
      seen.push(progressPercentage(story.rollout, story.now));
    }
    expect(seen).toEqual([...seen].sort((left, right) => left - right));
    expect(seen.slice(-2).map((value) => value === 100)).toEqual([false, true]);
    expect(new Set(seen).size).toBeGreaterThan(20);
  });

  test("of a rollout that turned back is what it had reached", () => {
    const story = new Story().runTo("shifting", 3);
    const before = progressPercentage(story.rollout, story.now);
    story.look({ newer: "rol_2" });
    const after = progressPercentage(story.rollout, story.now);
    expect(after).toBeLessThanOrEqual(before);
    expect(after).toBeGreaterThan(20);
  });
});

describe("the time to completion", () => {
  test("is the sum of waits and the bake, and a little more in practice", () => {
    expect(planDuration(compileSteps(canary), canary.monitoringSeconds)).toEqual({
      shortestSeconds: 150,
      expectedSeconds: 163,
      approvals: 0,
    });
  });

  test("is estimated from what is left, and counted down", () => {
    const story = new Story().runTo("shifting", 1);
    const estimate = estimatedCompletion(story.rollout, story.now) ?? 0;
    story.run(30);
    expect(estimatedCompletion(story.rollout, story.now)).toBe(estimate);
    story.runTo("completed");
    expect(Math.abs(story.now - estimate)).toBeLessThan(10_000);
    expect(estimatedCompletion(story.rollout, story.now)).toBeNull();
  });

  test("is nobody's to know while a gate waits for its evaluation", () => {
    const gate = { gate: "quality", required: true, conditions: [], message: "", at: 0, waitsUntil: null };
    const gating = (status: "waiting" | "passed") => ({
      ...newRollout(),
      phase: "gating" as const,
      gates: [{ ...gate, status }],
    });
    expect(estimatedCompletion(gating("waiting"), 0)).toBeNull();
    expect(estimatedCompletion(gating("passed"), 0)).toBeGreaterThan(0);
  });

  test("is nobody's to know while a person is waited for", () => {
    const story = new Story().runTo("shifting", 1);
    const context = { actor: "bob", comment: "", now: story.now, creator: "ada" };
    expect(estimatedCompletion(applyCommand(story.rollout, "pause", context).rollout, story.now)).toBeNull();
    const gated = { ...canary, steps: [{ setWeight: 10 }, { wait: { approval: true as const } }] };
    const waiting = new Story(newRollout({ strategy: gated })).runTo("shifting", 1);
    expect(estimatedCompletion(waiting.rollout, waiting.now)).toBeNull();
    expect(planDuration(waiting.rollout.steps, 0).approvals).toBe(1);
  });
});
