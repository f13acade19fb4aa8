import type { Rollout } from "@sluice/client";
import pc from "picocolors";
import { expect, test } from "vitest";
import { rollout } from "../testing/fixtures.ts";
import { NOW } from "../testing/io.ts";
import { renderRollout } from "./render.ts";

const AT = "2026-11-21T10:04:00.000Z";
const canvas = { width: 80, now: NOW, colors: pc.createColors(false) };

const validations: Rollout["validations"] = [
  {
    ...{ name: "program", type: "artifact", severity: "critical", passed: true },
    ...{ message: "node is on the path", executionMs: 1, at: AT },
  },
];
const gates: Rollout["gates"] = [
  {
    ...{ gate: "quality", required: true, status: "waiting", message: "waits", waitsUntil: "2026-11-21T11:04:00.000Z" },
    at: AT,
    conditions: [
      {
        ...{ name: "score on smoke", type: "eval_score", required: true, status: "waiting", observed: null },
        ...{ operator: "gte", threshold: 0.9, evidence: "", message: "there is no evaluation on smoke yet" },
      },
    ],
  },
];
const tests: Rollout["tests"] = [
  {
    ...{ name: "answers", type: "functional", status: "passed", metrics: {}, message: "answered 200 in 3 ms" },
    ...{ logs: [], executionMs: 3, at: AT },
  },
  {
    ...{ name: "load", type: "load", status: "running", metrics: {}, message: "It is being run." },
    ...{ logs: [], executionMs: 0, at: AT },
  },
];

const picture = (change: Partial<Rollout>, detailed: boolean): string =>
  renderRollout(
    { rollout: rollout({ validations, gates, tests, analysis: null, ...change }), ...NOTHING_ELSE },
    { ...canvas, detailed },
  );
const NOTHING_ELSE = { deployment: null, metrics: null, events: [] };

test("a watch shows the gate that is waited for, until when and for what, and nothing that is behind", () => {
  const text = picture({ phase: "gating", tests: [] }, false);
  expect(text).toContain("● quality (until 2026-11-21T11:04:00Z): waiting");
  expect(text).toContain("● score on smoke: there is no evaluation on smoke yet");
  expect(text).not.toContain("node is on the path");
});

test("a watch shows the test that runs", () => {
  const text = picture({ phase: "testing", gates: [] }, false);
  expect(text).toContain("✔ answers: answered 200 in 3 ms");
  expect(text).toContain("● load (running): It is being run.");
});

test("what has failed is shown for good, with its sentence", () => {
  const failed = tests.map((found) => ({
    ...found,
    status: "failed" as const,
    message: "answered 500 instead of 200",
  }));
  expect(picture({ phase: "rolled_back", gates: [], tests: failed }, false)).toContain(
    "✖ answers: answered 500 instead of 200",
  );
});

test("with every detail there is each check, gate, test and metric, and where it stands in one sentence", () => {
  const analysis = rollout().analysis;
  const text = picture({ phase: "shifting", analysis }, true);
  for (const part of ["node is on the path", "no evaluation on smoke", "answered 200", "0.62 % in 480 requests"]) {
    expect(text).toContain(part);
  }
  expect(text).toContain("compares it with stable");
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(canvas.width);
});

test("a metric whose source is silent says so instead of showing evidence", () => {
  const analysis = rollout().analysis;
  const metrics = (analysis?.metrics ?? []).map((metric) => ({
    ...metric,
    ...{ status: "provider_error" as const, evidence: null, threshold: null },
  }));
  expect(picture({ analysis: analysis && { ...analysis, metrics } }, false)).toContain("its source does not answer");
});
