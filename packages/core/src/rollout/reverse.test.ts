import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { retryRollout, reverseRollout } from "./reverse.ts";
import { canary, guardReport, instances, newRollout, Story, shadow, splitOf } from "./testing/fixtures.ts";

const request = {
  id: "rol_2",
  actor: "bob",
  reason: "checkout is slow",
  now: 1_000_000,
  serving: { revision: 2, version: "1.1.0" },
  irreversible: false,
};
const completed = () => new Story().runTo("completed").rollout;

describe("a rollback after completion", () => {
  test("marks the original and begins an immediate way back that asks nobody", () => {
    const { original, reverse, events } = reverseRollout(completed(), request);
    expect(original).toMatchObject({ phase: "rolled_back", reason: "rolled back by bob: checkout is slow" });
    expect(reverse).toMatchObject({
      phase: "queued",
      fromRevision: 2,
      toRevision: 1,
      toVersion: "1.0.0",
      rollbackOf: "rol_1",
      requiredApprovals: 0,
      strategy: { type: "immediate", monitoringSeconds: 0 },
    });
    expect(events.some((event) => event.alert)).toBe(true);
  });

  test("is not held up by checks, freezes, the guard or the state of the bad revision", () => {
    // edge case 48
    const { reverse } = reverseRollout(completed(), request);
    const story = new Story(reverse, {
      serving: request.serving,
      stable: instances(2, 0, 4),
      candidate: instances(1, 4),
      frozenUntil: 1e12,
      slotFree: false,
      traffic: { verified: true, applied: true, split: splitOf(10_000), samples: { stable: 0, candidate: 0 } },
      guard: guardReport("an older revision is slower", "rol_1"),
    });
    story.now = request.now;
    story.run(3);
    expect([story.rollout.phase, story.weight]).toEqual(["completed", 10_000]);
  });

  test("waits for instances when the old revision has gone cold", () => {
    const { reverse } = reverseRollout(completed(), request);
    const story = new Story(reverse, { serving: request.serving, stable: instances(2, 4), candidate: null });
    story.look();
    expect([story.rollout.phase, story.effectTypes]).toEqual(["preparing", ["setInstances", "setTraffic"]]);
  });

  test("is refused when another revision serves by now, or when the rollout never changed what serves", () => {
    const other = { ...request, serving: { revision: 5, version: "2.0.0" } };
    expect(() => reverseRollout(completed(), other)).toThrow("but revision 5 serves now");
    const shown = new Story(newRollout({ strategy: shadow })).runTo("completed").rollout;
    expect(() => reverseRollout(shown, request)).toThrow(SluiceError);
  });
});

describe("a retry", () => {
  test("runs the same revision again from whatever is stable, with every check anew", () => {
    // edge case 6
    const failed = { ...newRollout({ requiredApprovals: 1 }), phase: "rolled_back" as const };
    const { rollout } = retryRollout(failed, { ...request, serving: { revision: 1, version: "1.0.0" } });
    expect(rollout).toMatchObject({
      id: "rol_2",
      phase: "queued",
      fromRevision: 1,
      toRevision: 2,
      retryOf: "rol_1",
      requiredApprovals: 1,
    });
    expect(rollout.strategy).toEqual(canary);
    expect(rollout.steps.every((step) => step.status === "pending")).toBe(true);
  });

  test("is refused for a rollout that goes on, or that went well", () => {
    expect(() => retryRollout(newRollout(), request)).toThrow("retry is not possible while the rollout is queued");
    expect(() => retryRollout(completed(), request)).toThrow("allowed: rollback");
  });
});
