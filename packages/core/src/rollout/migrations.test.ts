import { describe, expect, test } from "vitest";
import { type MigrationRun, NO_MIGRATIONS } from "../migration/migration.ts";
import { applyCommand } from "./command.ts";
import { canary, immediate, instances, newRollout, Story } from "./testing/fixtures.ts";

/** Demands of the first attempt. */
const UP = 2;
const DOWN = 3;
const pending = (...names: string[]) => ({ ...NO_MIGRATIONS, pending: names, demand: UP });
const applied = (...names: string[]) => ({ ...NO_MIGRATIONS, applied: names, demand: DOWN });
const effects = (story: Story) =>
  story.last.effects.map((effect) => (effect.type === "migrate" ? effect.direction : effect.type));

describe("on the way forward", () => {
  test("the data are migrated before the candidate has any instance", () => {
    const story = new Story(newRollout(), { migrations: pending("add-column") }).runTo("preparing");
    story.look();
    expect(effects(story)).toEqual(["up"]);
    expect(story.rollout.desired.instances).toEqual([]);
    const run: MigrationRun = {
      ...{ rollout: "rol_1", name: "add-column", direction: "up", demand: 2, status: "succeeded" },
      ...{ message: "", executionMs: 5, at: 0 },
    };
    story.look({ migrations: { ...applied("add-column"), runs: [run] } });
    expect(story.rollout.migrations).toEqual([run]);
    expect(effects(story)).toContain("setInstances");
  });

  test("a pause begins nothing, and a failure turns back before anything was started", () => {
    const story = new Story(newRollout(), { migrations: pending("add-column") }).runTo("preparing");
    story.order("pause");
    story.look();
    expect(effects(story)).toEqual([]);
    story.order("resume");
    story.look({ migrations: { ...pending("b"), applied: ["a"], failed: "it exited with code 1" } });
    expect(story.rollout).toMatchObject({ phase: "rolling_back", reason: "migration b failed: it exited with code 1" });
    story.look({ migrations: applied("a") });
    expect(effects(story)).toContain("down");
  });

  test("where people decide, it waits for them, and is tried again when they go on", () => {
    const strategy = { ...canary, onFailure: "pause" as const };
    const failed = { ...pending("add-column"), failed: "it exited with code 1" };
    const story = new Story(newRollout({ strategy }), { migrations: pending("add-column") }).runTo("preparing");
    story.look({ migrations: failed });
    expect(story.rollout).toMatchObject({ phase: "preparing", failure: { cause: "migrations" } });
    expect(story.rollout.pausedAt).not.toBeNull();
    const { rollout } = applyCommand(story.rollout, "resume", {
      actor: "ada",
      comment: "",
      now: story.now,
      creator: "ada",
    });
    expect(rollout.attempts.migrations).toBe(2);
    story.rollout = rollout;
    story.look({ migrations: pending("add-column") });
    expect(effects(story)).toEqual(["up"]);
  });

  test("a newer revision does not wait for them", () => {
    const story = new Story(newRollout(), { migrations: pending("add-column") }).runTo("preparing");
    story.look({ newer: "rol_2" });
    expect(story.rollout.phase).toBe("superseded");
  });
});

describe("on the way back", () => {
  test("what was done is taken back when the candidate's instances are gone, and only then has it returned", () => {
    const story = new Story(newRollout(), { migrations: applied("b", "a") }).runTo("shifting");
    story.run(5);
    story.order("rollback");
    story.look();
    expect(story.rollout.phase).toBe("rolling_back");
    expect(effects(story)).not.toContain("down");
    story.run(5);
    story.look({ candidate: null });
    expect(effects(story)).toContain("down");
    expect(story.rollout.phase).toBe("rolling_back");
    story.look({ migrations: NO_MIGRATIONS });
    expect(story.rollout.phase).toBe("rolled_back");
  });

  test("what is still being done is waited for: nobody knows yet whether it must be taken back", () => {
    const story = new Story(newRollout(), { migrations: { ...pending("a"), underway: true } }).runTo("preparing");
    story.order("cancel");
    story.look();
    expect(story.rollout.phase).toBe("rolling_back");
    expect(effects(story)).toContain("down");
    story.look({ migrations: applied("a") });
    expect(story.rollout.phase).toBe("rolling_back");
    story.look({ migrations: NO_MIGRATIONS });
    expect(story.rollout.phase).toBe("cancelled");
  });

  test("what cannot be taken back is said aloud, and holds nobody up", () => {
    const story = new Story(newRollout(), { migrations: applied("b", "a") }).runTo("shifting");
    story.order("rollback");
    story.run(5);
    const { events } = story.look({
      candidate: null,
      migrations: { ...applied("b", "a"), failed: "it exited with code 3" },
    });
    expect(story.rollout.phase).toBe("rolled_back");
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "rollout.migration.failed",
        alert: true,
        message: "migration b could not be taken back, so b, a are still in force: it exited with code 3",
      }),
    );
  });

  test("a rollback after completion takes back what came later, once the old revision serves everybody", () => {
    const reverse = newRollout({ strategy: immediate, fastTrack: true, rollbackOf: "rol_0" });
    const later = { ...NO_MIGRATIONS, surplus: ["b"], demand: DOWN };
    const story = new Story(reverse, { migrations: later, candidate: instances(2, 4) }).runTo("monitoring");
    story.run(10);
    expect(story.rollout.phase).toBe("monitoring");
    expect(effects(story)).toContain("down");
    story.look({ migrations: NO_MIGRATIONS });
    expect(story.rollout.phase).toBe("completed");
  });
});
