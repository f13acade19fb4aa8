import { expect, test } from "vitest";
import { rolloutOf, step } from "./rollout.testing.ts";
import { trackOf } from "./track.ts";

const places = (...given: Parameters<typeof rolloutOf>) =>
  trackOf(rolloutOf(...given)).map(({ label, place }) => `${label} ${place}`);

test("what nobody asks for is no part of the way", () => {
  expect(places({ phase: "preparing" })).toEqual([
    "Checks done",
    "Instances now",
    "Traffic ahead",
    "Watch ahead",
    "Stable ahead",
  ]);
});

test("approvals, gates and tests are, where they are asked for", () => {
  const test = {
    name: "smoke",
    type: "functional" as const,
    status: "running" as const,
    metrics: {},
    message: "",
    logs: [],
    executionMs: 0,
    at: "",
  };
  expect(places({ phase: "testing", requiredApprovals: 1, tests: [test] })).toEqual([
    ...["Checks done", "Approval done", "Instances done", "Tests now"],
    ...["Traffic ahead", "Watch ahead", "Stable ahead"],
  ]);
});

test("one that was turned back ended where its traffic was, and has not reached the rest", () => {
  const steps = [step({ type: "setWeight", weight: 5, status: "running" }), step({ type: "setWeight", weight: 50 })];
  expect(places({ phase: "rolled_back", steps })).toEqual([
    "Checks done",
    "Instances done",
    "Traffic failed",
    "Watch skipped",
    "Stable skipped",
  ]);
});

test("one that went through has everything behind it", () => {
  expect(places({ phase: "completed" }).every((place) => place.endsWith("done"))).toBe(true);
});
