import type { Instant } from "../time.ts";

export type Severity = "critical" | "high" | "medium" | "low" | "info";

/** One check of a candidate before anything runs. */
export interface ValidationResult {
  name: string;
  type: string;
  severity: Severity;
  passed: boolean;
  message: string;
  executionMs: number;
  at: Instant;
}

export type ValidationLevel = "basic" | "standard" | "strict";

/** Severities that stop a rollout when they fail: `critical` always, `high` from level `standard` on (ARCHITECTURE §3). */
export const BLOCKING: Readonly<Record<ValidationLevel, readonly Severity[]>> = {
  basic: ["critical"],
  standard: ["critical", "high"],
  strict: ["critical", "high"],
};

export const blockers = (results: readonly ValidationResult[], level: ValidationLevel): ValidationResult[] =>
  results.filter((result) => !result.passed && BLOCKING[level].includes(result.severity));
