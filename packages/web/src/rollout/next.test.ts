import { expect, test } from "vitest";
import { nextOf } from "./next.ts";
import { rolloutOf, step } from "./rollout.testing.ts";

const NOW = Date.parse("2026-11-22T12:01:00Z");
const at = (seconds: number): string => new Date(NOW + seconds * 1_000).toISOString();

test("a step that waits says what comes after it, and when", () => {
  const steps = [
    step({ type: "setWeight", weight: 10, status: "done" }),
    step({ type: "wait", seconds: 60, status: "running", startedAt: at(-20) }),
    step({ type: "analyze" }),
    step({ type: "setWeight", weight: 50 }),
  ];
  const shifting = rolloutOf({ phase: "shifting", steps, step: 1 });
  expect(nextOf(shifting, NOW)).toBe("50 % of the callers in 40 s");
  expect(nextOf(shifting, NOW + 60_000)).toBe("50 % of the callers in a moment");
});

test("a step that asks people says how many are missing; one person counts once", () => {
  const steps = [step({ type: "wait", approval: true, approvals: 2, status: "running" }), step({ type: "switch" })];
  const approval = { actor: "ana", comment: "", at: at(0), step: 0 };
  const rollout = rolloutOf({ phase: "shifting", steps, approvals: [approval, { ...approval, at: at(1) }] });
  expect(nextOf(rollout, NOW)).toBe("all callers at once when 1 of 2 approve");
});

test("the start waits for its own approvals alone", () => {
  const rollout = rolloutOf({
    phase: "awaiting_approval",
    requiredApprovals: 2,
    approvals: [
      { actor: "ana", comment: "", at: at(0), step: null },
      { actor: "ben", comment: "", at: at(0), step: 3 },
    ],
  });
  expect(nextOf(rollout, NOW)).toBe("Waits for 1 of 2 approvals");
});

test("whoever paused it, and what stopped it, go before its phase", () => {
  expect(nextOf(rolloutOf({ phase: "shifting", paused: true }), NOW)).toBe("Waits to be resumed");
  const failure = { at: at(0), trigger: "performance_degradation" as const, reason: "worse", frozen: true };
  expect(nextOf(rolloutOf({ phase: "shifting", paused: true, failure }), NOW)).toBe(
    "Stays where it is: going back is refused",
  );
});

test("every phase has an answer, and one that has ended says so", () => {
  expect(nextOf(rolloutOf({ phase: "monitoring", estimatedCompletion: at(90) }), NOW)).toBe(
    "Declared stable in 1 min 30 s",
  );
  expect(nextOf(rolloutOf({ phase: "gating", waitsUntil: at(30) }), NOW)).toBe("Waits for figures, at most 30 s");
  expect(nextOf(rolloutOf({ phase: "completed" }), NOW)).toBe("Nothing: it has ended");
});
