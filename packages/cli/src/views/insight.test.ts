import { expect, test } from "vitest";
import { type Insights, renderInsights } from "./insight.ts";

const definition = "";
const NOTHING: Insights = {
  ...{ project: "default", days: 7, timezone: "UTC", from: "", to: "", complete: true, rollouts: [] },
  deploymentFrequency: { perDay: null, completed: 0, definition },
  leadTime: { medianSeconds: null, versions: 0, definition },
  changeFailureRate: { rate: null, failures: 0, changes: 0, definition },
  timeToRestore: { medianSeconds: null, restored: 0, definition },
};
const day = { completed: 0, rolledBack: 0, failed: 0, cancelled: 0, superseded: 0 };

test("what nothing counts for has no figure", () => {
  expect(renderInsights(NOTHING)).toBe(
    [
      "deployment frequency   no environment is production",
      "lead time              –",
      "change failure rate    –",
      "time to restore        –",
      "",
      "(none)",
    ].join("\n"),
  );
});

test("each measure says what it is made of, and days without an end are left out", () => {
  const text = renderInsights({
    ...NOTHING,
    deploymentFrequency: { perDay: 9 / 7, completed: 9, definition },
    leadTime: { medianSeconds: 7_500, versions: 8, definition },
    changeFailureRate: { rate: 0.125, failures: 1, changes: 8, definition },
    timeToRestore: { medianSeconds: 4.2, restored: 1, definition },
    rollouts: [
      { ...day, day: "2026-11-20" },
      { ...day, day: "2026-11-21", completed: 9, rolledBack: 1 },
    ],
    complete: false,
  });
  expect(text).toContain("1.3 a day (9 in 7 days)");
  expect(text).toContain("2 h 5 min (median of 8 versions)");
  expect(text).toContain("12.5 % (1 of 8)");
  expect(text).toContain("4 s (median of 1 failures)");
  expect(text).not.toContain("2026-11-20");
  expect(text).toMatch(/2026-11-21 +9 +1 +0 +0 +0/);
  expect(text).toContain("there were more");
});
