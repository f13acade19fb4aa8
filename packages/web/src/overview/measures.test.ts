import { expect, test } from "vitest";
import { frequency, measuresOf, summaryOf, totalOf } from "./measures.ts";
import type { Insights } from "./queries.ts";

const definition = "what it is";
const insights: Insights = {
  ...{ project: "default", days: 7, timezone: "UTC", from: "", to: "", complete: true, rollouts: [] },
  deploymentFrequency: { perDay: 3, completed: 21, definition },
  leadTime: { medianSeconds: 7_500, versions: 1, definition },
  changeFailureRate: { rate: 0.125, failures: 1, changes: 8, definition },
  timeToRestore: { medianSeconds: null, restored: 0, definition },
};

test("each measure has a value, what it is made of, and what it is", () => {
  expect(measuresOf(insights).map(({ name, value, of }) => [name, value, of])).toEqual([
    ["Deployment frequency", "3 a day", "21 rollouts in 7 days"],
    ["Lead time", "2 h 5 min", "median of 1 version"],
    ["Change failure rate", "12.5 %", "1 of 8 changes"],
    ["Time to restore", "–", "nothing had to be restored"],
  ]);
  expect(new Set(measuresOf(insights).map((measure) => measure.definition))).toEqual(new Set([definition]));
});

test("what took less than a second is not nothing", () => {
  const quick = { ...insights, timeToRestore: { medianSeconds: 0.172, restored: 1, definition } };
  expect(measuresOf(quick).at(-1)).toMatchObject({ value: "172 ms", of: "median of 1 failure" });
});

test.each([
  [null, "–"],
  [0, "none"],
  [2.5, "2.5 a day"],
  [0.5, "3.5 a week"],
  [1 / 30, "1 a month"],
])("%s a day is said as %s", (perDay, words) => {
  expect(frequency(perDay)).toBe(words);
});

test("days are summed up by outcome, and outcomes that nothing had are left out", () => {
  const none = { completed: 0, rolledBack: 0, failed: 0, cancelled: 0, superseded: 0 };
  const days = [
    { ...none, day: "2026-11-21", completed: 2 },
    { ...none, day: "2026-11-22", completed: 1, rolledBack: 1 },
  ];
  expect(summaryOf(days)).toBe("3 completed, 1 rolled back");
  expect(summaryOf([])).toBe("nothing");
  expect(days.map(totalOf)).toEqual([2, 2]);
});
