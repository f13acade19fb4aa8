import type { Severity, ValidationLevel } from "@sluice/core";

/** What one check found. */
export interface Finding {
  passed: boolean;
  /** One sentence: what was seen, against what, and what would have changed it. */
  message: string;
  /** Of what the check looked at, when it looked at several things. */
  name?: string;
  /** When it differs from the check's own. */
  severity?: Severity;
  /** When it was measured by itself. */
  executionMs?: number;
}

export const pass = (message: string): Finding => ({ passed: true, message });
export const fail = (message: string): Finding => ({ passed: false, message });

/** How grave a failure is, where that depends on how much the environment asks for. */
export type Gravity = Severity | Readonly<Record<ValidationLevel, Severity>>;

export const severityAt = (gravity: Gravity, level: ValidationLevel): Severity =>
  typeof gravity === "string" ? gravity : gravity[level];

/** For advice that an environment hears only when it asks for strictness; elsewhere the question does not arise. */
export const whenStrict = (level: ValidationLevel, finding: () => Finding | null): Finding | null =>
  level === "strict" ? finding() : null;
