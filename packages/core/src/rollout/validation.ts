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

/** What a failed check does: `stop` ends the rollout before anything runs, `tell` is shown and changes nothing. */
export type FailureEffect = "stop" | "tell";

/**
 * What a failed check of each severity does at each level (docs/guides/validation.md). Every level adds one severity to
 * those that stop; `low` and `info` never do.
 */
export const FAILURE_EFFECTS: Readonly<Record<ValidationLevel, Readonly<Record<Severity, FailureEffect>>>> = {
  basic: { critical: "stop", high: "tell", medium: "tell", low: "tell", info: "tell" },
  standard: { critical: "stop", high: "stop", medium: "tell", low: "tell", info: "tell" },
  strict: { critical: "stop", high: "stop", medium: "stop", low: "tell", info: "tell" },
};

/** The results that stop a rollout in an environment of this level. */
export const blockers = (results: readonly ValidationResult[], level: ValidationLevel): ValidationResult[] =>
  results.filter(({ passed, severity }) => !passed && FAILURE_EFFECTS[level][severity] === "stop");
