import { expect, test } from "vitest";
import { blockers, FAILURE_EFFECTS, type Severity, type ValidationLevel, type ValidationResult } from "./validation.ts";

const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];
const LEVELS: readonly ValidationLevel[] = ["basic", "standard", "strict"];

const failed = (severity: Severity): ValidationResult => ({
  ...{ name: severity, type: "test", severity, passed: false, message: "seen", executionMs: 0, at: 0 },
});

test.each([
  ["basic", ["critical"]],
  ["standard", ["critical", "high"]],
  ["strict", ["critical", "high", "medium"]],
] as const)("level %s stops at %j", (level, stopping) => {
  expect(blockers(SEVERITIES.map(failed), level).map(({ severity }) => severity)).toEqual(stopping);
});

test("what passed never stops anything", () => {
  const passed = SEVERITIES.map((severity) => ({ ...failed(severity), passed: true }));
  for (const level of LEVELS) expect(blockers(passed, level)).toEqual([]);
});

test("a stricter level stops at whatever a milder one stops at, and at no milder severity before a graver one", () => {
  const stops = (level: ValidationLevel) => SEVERITIES.map((severity) => FAILURE_EFFECTS[level][severity] === "stop");
  for (const [index, level] of LEVELS.entries()) {
    const mine = stops(level);
    expect(mine).toEqual(mine.toSorted((a, b) => Number(b) - Number(a)));
    const stricter = LEVELS[index + 1];
    if (stricter !== undefined)
      expect(stops(stricter).filter(Boolean).length).toBeGreaterThan(mine.filter(Boolean).length);
  }
});
