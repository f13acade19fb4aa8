import type { Plan } from "@sluice/client";
import { describe, expect, test } from "vitest";
import { consequence, refusalOf, worstFirst } from "./refusal.ts";

const step = { status: "pending" as const, startedAt: null, finishedAt: null };
const PLAN: Plan = {
  deployment: "greeter",
  environment: "production",
  changes: true,
  fromRevision: 1,
  fromVersion: "1.0.0",
  toRevision: 2,
  toVersion: "1.1.0",
  replicas: 2,
  strategy: null,
  steps: [{ type: "setWeight", weight: 5, ...step }],
  validations: [],
  blocked: false,
  gates: [],
  tests: [],
  approvals: { required: 0, steps: 0, fourEyes: true, approvers: [], expirySeconds: null },
  conflict: null,
  frozenUntil: null,
  shortestSeconds: 60,
  expectedSeconds: 70,
  requestsToNotice: null,
};
const found = { blanks: [], plan: PLAN, error: null, settled: true };

describe("it can be deployed", () => {
  test("when the plan is about what stands there, and nothing of it fails", () => {
    expect(refusalOf(found)).toBeNull();
  });

  test.each([
    [{ ...found, blanks: ["config.replicas"] }, "config.replicas needs a number"],
    [{ ...found, error: new Error("environment x does not exist") }, "environment x does not exist"],
    [{ ...found, settled: false }, "The plan is being made"],
    [{ ...found, plan: undefined }, "The plan is being made"],
    [{ ...found, plan: { ...PLAN, changes: false } }, "This is what runs there already"],
    [{ ...found, plan: { ...PLAN, blocked: true } }, "A check fails: see the plan"],
  ])("and otherwise it is said why not (%#)", (state, words) => {
    expect(refusalOf(state)).toBe(words);
  });

  test("not while another one is under way that it gives way to", () => {
    const conflict = { rollout: "rol_1", phase: "shifting", handling: "reject" as const };
    expect(refusalOf({ ...found, plan: { ...PLAN, conflict } })).toContain("rol_1");
  });
});

test("the gravest failure is named, whatever else fails", () => {
  const check = { type: "x", executionMs: 1, at: "2026-11-22T10:00:00Z", passed: false };
  const validations: Plan["validations"] = [
    { ...check, name: "target", severity: "critical", passed: true, message: "there" },
    { ...check, name: "limits", severity: "low", message: "no limits" },
    { ...check, name: "program", severity: "critical", message: "no such program" },
  ];
  expect(worstFirst(validations).map(({ name }) => name)).toEqual(["program", "limits", "target"]);
  expect(refusalOf({ ...found, plan: { ...PLAN, blocked: true, validations } })).toBe("A check fails: no such program");
});

test("more instances alone are no rollout, and can be had all the same", () => {
  const same = { ...PLAN, changes: false };
  expect(refusalOf({ ...found, plan: same, replicas: 4 })).toBeNull();
  expect(consequence(same, 4)).toBe("1.1.0 keeps all callers in production, with 4 instances from now on.");
});

test("whoever is asked once more reads what will happen", () => {
  expect(consequence(PLAN)).toBe("1.1.0 is started in production, and gets 5 % of the callers of 1.0.0 at first.");
  const approvals = { ...PLAN.approvals, required: 1 };
  const conflict = { rollout: "rol_1", phase: "shifting", handling: "supersede" as const };
  expect(consequence({ ...PLAN, fromVersion: null, steps: [], approvals, conflict })).toBe(
    "1.1.0 is started in production, and gets all callers as soon as it is ready. " +
      "Before that, one person must approve. The rollout that is under way is ended.",
  );
});
