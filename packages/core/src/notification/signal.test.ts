import { describe, expect, test } from "vitest";
import { ROLLBACK_TRIGGERS } from "../rollout/trigger.ts";
import { type Happening, signalsOf } from "./signal.ts";

const happening = (type: string, more: Partial<Happening> = {}): Happening => ({
  type,
  alert: false,
  data: {},
  rollout: { id: "rol_1", trigger: null, requiredApprovals: 0 },
  ...more,
});

const phase = (to: string, trigger: string | null = null, more: Record<string, unknown> = {}): Happening =>
  happening("rollout.phase.changed", {
    data: { from: "rolling_back", to, ...more },
    rollout: { id: "rol_1", trigger, requiredApprovals: 0 },
  });

/** In words: `firing deployment_failure`. */
const said = (of: Happening): string[] =>
  signalsOf(of).map((signal) =>
    signal.state === "resolved" ? `resolved of ${signal.of}` : `${signal.state} ${signal.alert}`,
  );

describe("what an event means to those who listen", () => {
  test.each(ROLLBACK_TRIGGERS.filter((trigger) => trigger !== "manual" && trigger !== "superseded"))(
    "a rollout that turns back for %s fires the alert of that name, and so does one that stops",
    (trigger) => {
      for (const type of ["rollout.return.started", "rollout.paused", "rollout.frozen"]) {
        expect(said(happening(type, { alert: true, data: { trigger } }))).toEqual([`firing ${trigger}`]);
      }
    },
  );

  test.each(["manual", "superseded"])("a rollout that turns back for %s is no failure", (trigger) => {
    expect(said(happening("rollout.return.started", { alert: true, data: { trigger } }))).toEqual([]);
    expect(said(phase("rolled_back", trigger))).toEqual(["resolved of rollout", "told rollback"]);
  });

  test("a pause that a person asked for is none either", () => {
    expect(said(happening("rollout.paused", { data: { actor: "ada" } }))).toEqual([]);
  });

  test("every end of a rollout is told, and ends what the rollout began", () => {
    expect(said(phase("rolled_back", "performance_degradation"))).toEqual([
      "resolved of rollout",
      "firing deployment_failure",
      "told rollback",
    ]);
    expect(said(phase("failed", "deployment_failure"))).toEqual(["resolved of rollout", "firing deployment_failure"]);
    expect(said(phase("gates_failed"))).toEqual(["resolved of rollout", "firing deployment_failure"]);
    expect(said(phase("cancelled", "manual"))).toEqual(["resolved of rollout"]);
    expect(said(phase("completed"))).toEqual(["resolved of deployment", "told deployment_completed"]);
  });

  test("a delivery that completed once and is taken back later is no failure of it", () => {
    const taken = phase("rolled_back", "performance_degradation", { from: "completed" });
    expect(said(taken)).toEqual(["resolved of rollout", "told rollback"]);
  });

  test("approval is asked for where somebody must approve", () => {
    expect(said(phase("awaiting_approval"))).toEqual([]);
    const guarded = { ...phase("awaiting_approval"), rollout: { id: "rol_1", trigger: null, requiredApprovals: 2 } };
    expect(said(guarded)).toEqual(["told approval_required"]);
  });

  test("a breached threshold fires the alert it was made for, and its recovery ends that one alone", () => {
    const data = { alert: "resource_exhaustion", threshold: "cpu_usage > 90%" };
    expect(signalsOf(happening("deployment.threshold.breached", { alert: true, data }))).toEqual([
      { state: "firing", alert: "resource_exhaustion", source: "cpu_usage > 90%" },
    ]);
    expect(signalsOf(happening("deployment.threshold.recovered", { data }))).toEqual([
      { state: "resolved", alerts: ["resource_exhaustion"], source: "cpu_usage > 90%", of: "deployment" },
    ]);
  });

  test("whatever else has its alert flag set needs attention, and what has not is not told", () => {
    expect(said(happening("rollout.return.held", { alert: true }))).toEqual(["told needs_attention"]);
    expect(said(happening("a.thing.of.tomorrow", { alert: true }))).toEqual(["told needs_attention"]);
    expect(said(happening("rollout.step.started"))).toEqual([]);
    expect(said(happening("constructor"))).toEqual([]);
    // What the guard found is told by the rollout that turns back because of it.
    expect(said(happening("rollout.guard.closed", { alert: true }))).toEqual([]);
  });
});
