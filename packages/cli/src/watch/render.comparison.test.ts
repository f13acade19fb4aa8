import pc from "picocolors";
import { expect, test } from "vitest";
import { deployment, metrics, rollout } from "../testing/fixtures.ts";
import { NOW } from "../testing/io.ts";
import { renderGoal, renderShadow } from "./render.comparison.ts";

const canvas = { width: 100, now: NOW, colors: pc.createColors(false) };
const view = (change: object) => ({
  ...{ deployment: deployment(), metrics: metrics(), events: [] },
  rollout: { ...rollout(), ...change },
});

test("a shadow shows what was compared, what differed, and three examples of it", () => {
  const example = { method: "GET", path: "/", stable: 200, candidate: 200, difference: '/version: "1" against "2"' };
  const shadow = {
    ...{ compared: 92, skipped: 1, statusMismatches: 0, bodyMismatches: 92, bodiesSkipped: 0 },
    latencyMs: { stable: { p50: 1, p95: 8.3001, p99: 25 }, candidate: { p50: 1, p95: 11.7401, p99: 47 } },
    examples: Array.from({ length: 9 }, () => example),
  };
  expect(renderShadow(view({ shadow }), canvas)).toEqual([
    "Shadow",
    "  92 compared  1 without an answer  0 other statuses  92 other bodies",
    "  p95 11.7 ms against 8.3 ms of stable",
    ...Array.from({ length: 3 }, () => '  GET /: 200 against 200; /version: "1" against "2"'),
  ]);
});

test("an A/B test shows its goal in a sentence, and who wins", () => {
  const arm = { exposures: 64, goals: 24 };
  const goal = {
    ...{ goal: "signup", stable: arm, candidate: arm, evidence: { candidate: 546, stable: 0.2 }, threshold: 200 },
    ...{ winner: "candidate", message: "signup: 24 goals in 64 requests on revision 2" },
  };
  expect(renderGoal(view({ goal }), canvas)).toEqual([
    "Goal candidate wins",
    "  signup: 24 goals in 64 requests on revision 2",
  ]);
  expect(renderGoal(view({ goal: { ...goal, winner: null } }), canvas)[0]).toBe("Goal no winner yet");
});

test("other strategies show neither", () => {
  expect([...renderShadow(view({}), canvas), ...renderGoal(view({}), canvas)]).toEqual([]);
});
