import { expect, test } from "vitest";
import { auditSearch, timesOf } from "./search.ts";

test("what the address says of a filter is taken, and anything else is not", () => {
  expect(
    auditSearch({ actor: " ada ", action: "rollout.promote", subject: 42, from: "2026-11-01", other: "x" }),
  ).toEqual({
    actor: "ada",
    action: "rollout.promote",
    subject: "42",
    from: "2026-11-01",
  });
  expect(auditSearch({ actor: "", action: ["x"], subject: {}, from: "yesterday", to: "2026-99-01" })).toEqual({});
  expect(auditSearch({ subject: "x".repeat(300) }).subject).toHaveLength(255);
});

test("both days of a span are in it, from midnight to midnight of the viewer", () => {
  expect(timesOf({ from: "2026-11-30", to: "2026-11-30" })).toEqual({
    from: new Date(2026, 10, 30).toISOString(),
    to: new Date(2026, 11, 1).toISOString(),
  });
  expect(timesOf({})).toEqual({});
});
