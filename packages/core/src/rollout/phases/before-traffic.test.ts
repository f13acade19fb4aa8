import { describe, expect, test } from "vitest";
import type { GateResult } from "../../gate/gate.ts";
import { HEARTBEAT_MS } from "../clock.ts";
import { guardReport, immediate, instances, newRollout, Story } from "../testing/fixtures.ts";
import type { ValidationResult } from "../validation.ts";

const check = (name: string, severity: ValidationResult["severity"], passed: boolean): ValidationResult => ({
  name,
  type: "artifact",
  severity,
  passed,
  message: `${name} said no`,
  executionMs: 1,
  at: 0,
});

const gate = (name: string, required: boolean, status: GateResult["status"]): GateResult => ({
  gate: name,
  required,
  status,
  conditions: [],
  message: `${name} is ${status}`,
  waitsUntil: null,
  at: 0,
});

describe("queued", () => {
  test("waits for the deployment's earlier rollout", () => {
    const story = new Story(newRollout(), { ahead: "rol_0" });
    expect(story.look().wakeAt).toBe(HEARTBEAT_MS);
    expect(story.rollout.phase).toBe("queued");
    story.look({ ahead: null });
    expect(story.rollout.phase).toBe("preparing");
  });

  test("waits for the end of a freeze window, and for a slot", () => {
    const story = new Story(newRollout(), { frozenUntil: 90_000 });
    expect(story.look().wakeAt).toBe(HEARTBEAT_MS);
    story.now = 85_000;
    expect(story.look().wakeAt).toBe(90_000);
    story.now = 90_000;
    story.look({ slotFree: false });
    expect(story.rollout.phase).toBe("queued");
    story.look({ slotFree: true });
    expect(story.rollout.phase).toBe("preparing");
  });

  test("a way back is not frozen and needs neither slot nor checks", () => {
    // edge case 4, edge case 48
    const story = new Story(newRollout({ fastTrack: true, requiredApprovals: 2 }), {
      frozenUntil: 90_000,
      slotFree: false,
      validations: [check("quota", "critical", false)],
      gates: [gate("quality", true, "failed")],
    });
    story.look();
    expect(story.rollout.phase).toBe("preparing");
    expect(story.rollout.steps.map((step) => step.type)).toEqual(["switch"]);
    expect(story.rollout.desired.guard).toBeNull();
  });

  test("starts from what is stable when it leaves the queue, not from what was when it came", () => {
    // edge case 2, edge case 7, edge case 13
    const story = new Story(newRollout(), { serving: { revision: 7, version: "0.9.0" } });
    const first = story.look();
    expect(first.wakeAt).toBe(0);
    expect(story.rollout).toMatchObject({ fromRevision: 7, fromVersion: "0.9.0", phase: "queued" });
    story.look({ stable: instances(7, 4) });
    expect(story.rollout.desired.split).toEqual([
      { revision: 7, weight: 10_000 },
      { revision: 2, weight: 0 },
    ]);
  });

  test("a rollout whose stable revision vanished from the queue's head becomes a first delivery", () => {
    const story = new Story(newRollout(), { serving: null, stable: null });
    story.look();
    expect(story.rollout.steps.map((step) => step.type)).toEqual(["switch"]);
  });

  test("the return to stable skips steps and analysis, and keeps the instances", () => {
    // edge case 3
    const back = newRollout({ to: { revision: 1, version: "1.0.0" } });
    const story = new Story(back, { candidate: instances(1, 4) });
    const events = story.runTo("completed");
    expect(events.rollout.steps.map((step) => step.type)).toEqual(["switch"]);
    expect(story.rollout.desired.instances).toEqual([{ revision: 1, replicas: 4 }]);
    expect(story.effectTypes).not.toContain("retire");
    expect(story.rollout.desired.split).toEqual([{ revision: 1, weight: 10_000 }]);
  });
});

describe("validating", () => {
  test("asks for the checks until they have run", () => {
    const story = new Story(newRollout(), { validations: null });
    story.look();
    expect(story.effectTypes).toEqual(["validate"]);
    story.look();
    expect(story.effectTypes).toEqual(["validate"]);
  });

  test("a failed critical check ends the rollout, naming it, before anything was started", () => {
    // edge case 52
    const story = new Story(newRollout(), {
      validations: [check("image", "critical", false), check("style", "low", false)],
    });
    story.look();
    expect(story.rollout).toMatchObject({
      phase: "failed",
      reason: "validation failed: image (critical): image said no",
    });
    expect(story.alerts).toEqual(["rollout.phase.changed"]);
    expect(story.effectTypes).toEqual([]);
  });

  test("the environment's level decides about a check of severity high", () => {
    const validations = [check("limits", "high", false)];
    const basic = new Story(newRollout(), { validations, validationLevel: "basic" });
    const standard = new Story(newRollout(), { validations, validationLevel: "standard" });
    expect([basic.look().rollout.phase, standard.look().rollout.phase]).toEqual(["preparing", "failed"]);
  });
});

describe("awaiting approval", () => {
  test("waits for as many people as are needed; one counts once", () => {
    const story = new Story(newRollout({ requiredApprovals: 2 }));
    const approval = (actor: string) => ({ actor, comment: "", at: 0, step: null });
    story.look();
    expect(story.rollout.phase).toBe("awaiting_approval");
    story.rollout = { ...story.rollout, approvals: [approval("bob"), approval("bob")] };
    expect(story.look().rollout.phase).toBe("awaiting_approval");
    story.rollout = { ...story.rollout, approvals: [approval("bob"), approval("eve")] };
    expect(story.look().rollout.phase).toBe("preparing");
  });
});

describe("gating", () => {
  test("asks for the gates, and waits while a required one has no figures", () => {
    const story = new Story(newRollout(), { gates: null });
    story.look();
    expect(story.effectTypes).toEqual(["evaluateGates"]);
    story.look({ gates: [gate("quality", true, "waiting")] });
    expect(story.rollout.phase).toBe("gating");
    expect(story.effectTypes).toEqual(["evaluateGates"]);
  });

  test("a required gate that fails ends the rollout with an alert; an advisory one does not", () => {
    // edge case 52
    const story = new Story(newRollout(), { gates: [gate("quality", true, "failed")] });
    story.look();
    expect(story.rollout).toMatchObject({
      phase: "gates_failed",
      reason: "required gate failed: quality: quality is failed",
    });
    expect(story.alerts).toEqual(["rollout.phase.changed"]);
    expect(new Story(newRollout(), { gates: [gate("cost", false, "failed")] }).look().rollout.phase).toBe("preparing");
  });

  test("does not go on into a freeze window that opened meanwhile", () => {
    const story = new Story(newRollout({ requiredApprovals: 1 }));
    story.look();
    story.rollout = { ...story.rollout, approvals: [{ actor: "bob", comment: "", at: 0, step: null }] };
    story.look({ frozenUntil: 5_000 });
    expect([story.rollout.phase, story.last.wakeAt]).toEqual(["gating", 5_000]);
  });
});

describe("a newer revision before anything was started", () => {
  test.each(["queued", "validating", "awaiting_approval", "gating"] as const)(
    "supersedes a rollout in %s at once",
    (phase) => {
      // edge case 13
      const story = new Story({ ...newRollout(), phase }, { newer: "rol_2", ahead: "rol_0" });
      story.look();
      expect(story.rollout).toMatchObject({ phase: "superseded", reason: "superseded by rol_2", finishedAt: 0 });
      expect(story.effectTypes).toEqual([]);
    },
  );
});

describe("preparing", () => {
  test("brings the candidate up for its first weight only, at zero traffic, under the guard's eyes", () => {
    const story = new Story();
    story.look();
    expect(story.last.effects).toContainEqual({ type: "setInstances", revision: 2, replicas: 1 });
    expect(story.rollout.desired).toMatchObject({ guard: "rol_1", mirror: null, pins: [] });
    expect(story.weight).toBe(0);
  });

  test("an immediate rollout prepares everything", () => {
    const story = new Story(newRollout({ strategy: immediate }));
    story.look();
    expect(story.last.effects).toContainEqual({ type: "setInstances", revision: 2, replicas: 4 });
  });

  test("a first delivery says nothing about traffic before it is ready", () => {
    // edge case 11
    const story = new Story(newRollout({ from: null }), { serving: null, stable: null });
    story.setTraffic({ split: null });
    story.look();
    expect(story.effectTypes).toEqual(["setInstances"]);
    story.look({ candidate: instances(2, 3, 4) });
    expect([story.rollout.phase, story.rollout.desired.split]).toEqual(["preparing", null]);
    story.look({ candidate: instances(2, 4) });
    expect(story.rollout.desired.split).toEqual([{ revision: 2, weight: 10_000 }]);
    story.obey();
    expect(story.runTo("completed").rollout.desired.guard).toBeNull();
  });

  test("a candidate that is never ready goes back at the progress deadline, with an alert", () => {
    // edge case 37, edge case 52
    const story = new Story();
    story.look();
    const short = { ...instances(2, 0, 1), reason: "exit code 1" };
    story.now = 59_999;
    story.look({ candidate: short });
    expect(story.rollout.phase).toBe("preparing");
    expect(story.last.wakeAt).toBe(60_000);
    story.now = 60_000;
    story.look();
    expect(story.rollout.phase).toBe("rolled_back");
    expect(story.rollout.reason).toBe(
      "revision 2 has 0 of 1 instances ready after the progress deadline of 60 s: exit code 1",
    );
    expect(story.alerts).toContain("rollout.return.started");
    expect(story.effectTypes).toContain("removeInstances");
  });

  test("a first delivery that is never ready has failed: there is nothing to roll back to", () => {
    const story = new Story(newRollout({ from: null }), { serving: null, stable: null });
    story.setTraffic({ split: null });
    story.look();
    story.now = 60_000;
    story.look({ candidate: instances(2, 0, 4) });
    expect(story.rollout.phase).toBe("failed");
  });

  test("does not wait for the deadline when the runtime judges this order broken, but distrusts its word on another", () => {
    // edge case 47
    const broken = { ...instances(2, 0, 1), verdict: "failed" as const, reason: "crash loop" };
    const story = new Story();
    story.look({ candidate: { ...broken, desired: 0 } });
    expect(story.rollout.phase).toBe("preparing");
    story.look({ candidate: broken });
    expect(story.rollout).toMatchObject({
      phase: "rolled_back",
      reason: "revision 2 has 0 of 1 instances ready: crash loop",
    });
  });

  test("instances of an earlier attempt that are on their way out do not count as ready", () => {
    // edge case 6, edge case 47
    const story = new Story(newRollout(), { candidate: { ...instances(2, 4), desired: 0 } });
    story.look();
    expect(story.rollout.phase).toBe("preparing");
  });

  test("a broken stable revision is not needed to bring up its fix", () => {
    // edge case 12
    const story = new Story(newRollout({ strategy: immediate }), { stable: instances(1, 0, 4) });
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test("the guard's closing counts in every phase that has instances, and only on this rollout's hypothesis", () => {
    // edge case 33, edge case 45
    const story = new Story();
    story.look({ guard: guardReport("of another rollout", "rol_0") });
    expect(story.rollout.phase).toBe("preparing");
    story.look({ guard: guardReport("error rate 40 % against 0.1 %") });
    expect(story.rollout).toMatchObject({ phase: "rolled_back", reason: "error rate 40 % against 0.1 %" });
  });
});
