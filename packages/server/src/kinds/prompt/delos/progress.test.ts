import { createRollout, type Rollout, strategySchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { rolloutProgress } from "./progress.ts";

const gradual = strategySchema.parse({
  type: "gradual",
  initialPercentage: 10,
  increment: 40,
  intervalSeconds: 300,
});

const newRollout = (changes: Partial<Rollout> = {}): Rollout => ({
  ...createRollout(
    {
      id: "rol_1",
      project: "default",
      deployment: "dep_1",
      artifact: "prompt-abc123",
      environment: "production",
      from: { revision: 1, version: "4" },
      to: { revision: 2, version: "5" },
      strategy: gradual,
      requiredApprovals: 0,
      fourEyes: true,
      triggeredBy: "ann",
    },
    0,
  ).rollout,
  ...changes,
});

/** In phase `shifting`, at the wait after the first share. */
function shifting(changes: Partial<Rollout> = {}): Rollout {
  const rollout = newRollout();
  const steps = rollout.steps.map((step, index) => {
    if (index === 0) return { ...step, status: "done" as const, startedAt: 1_000, finishedAt: 2_000 };
    return index === 1 ? { ...step, status: "running" as const, startedAt: 2_000 } : step;
  });
  return { ...rollout, phase: "shifting", steps, step: 1, ...changes };
}

describe("the progress of a rollout", () => {
  test("counts the shifts of traffic, and says when the next one is due", () => {
    expect(rolloutProgress(shifting(), 102_000)).toMatchObject({
      current_percentage: 10,
      target_percentage: 50,
      current_step: 1,
      total_steps: 4,
      started_at: { seconds: 1, nanos: 0 },
      next_increment_at: { seconds: 302, nanos: 0 },
      paused: false,
    });
  });

  test("takes the data plane's word for the share where there is one", () => {
    const split = [
      { revision: 1, weight: 7_500 },
      { revision: 2, weight: 2_500 },
    ];
    const { desired } = newRollout();
    expect(rolloutProgress(shifting({ desired: { ...desired, split } }), 3_000).current_percentage).toBe(25);
  });

  test("knows no next shift while somebody holds it, when its time is over, and at the end", () => {
    expect(rolloutProgress(shifting({ pausedAt: 3_000 }), 5_000)).toMatchObject({
      next_increment_at: null,
      paused: true,
    });
    expect(rolloutProgress(shifting(), 400_000).next_increment_at).toBeNull();
    expect(rolloutProgress(shifting({ phase: "monitoring", step: 8 }), 5_000).next_increment_at).toBeNull();
  });

  test("leaves out the shifts that a promote waived, and not those that a return cut off", () => {
    const steps = shifting().steps.map((step, index) => (index < 2 ? step : { ...step, status: "skipped" as const }));
    expect(rolloutProgress(shifting({ steps }), 3_000)).toMatchObject({ current_step: 1, total_steps: 1 });
    const back = shifting({ steps, phase: "rolled_back", returningTo: "rolled_back" });
    expect(rolloutProgress(back, 3_000)).toMatchObject({ current_step: 1, total_steps: 4 });
  });

  test("is nothing before it begins, everything once completed, and nothing again once it was taken back", () => {
    expect(rolloutProgress(newRollout({ phase: "awaiting_approval" }), 0)).toMatchObject({
      current_percentage: 0,
      target_percentage: 10,
      started_at: null,
    });
    const steps = newRollout().steps.map((step) => ({ ...step, status: "done" as const }));
    expect(rolloutProgress(newRollout({ phase: "completed", steps, step: steps.length }), 0)).toMatchObject({
      current_percentage: 100,
      progress_percentage: 100,
      current_step: 4,
    });
    expect(rolloutProgress(shifting({ phase: "rolled_back" }), 0)).toMatchObject({
      current_percentage: 0,
      target_percentage: 0,
    });
  });
});
