import type { Instant } from "../time.ts";

export const TEST_TYPES = ["functional", "performance", "load", "security"] as const;
export type TestType = (typeof TEST_TYPES)[number];

/** What one test of the candidate found. Run against its instances directly, at zero traffic. */
export interface TestResult {
  name: string;
  type: TestType;
  /**
   * `running` until it has ended. `error`: the test itself could not be carried out (a bad option, no instance to ask);
   * that stops a rollout as a failure does. `skipped` says in `message` why the question does not arise.
   */
  status: "running" | "passed" | "failed" | "error" | "skipped";
  /** Figures by name, unit in the name: `p99Ms`, `requestsPerSecond`, `successRate` (0 to 1). */
  metrics: Record<string, number>;
  /** One sentence: what was seen, against what, with how many samples, and what would have changed it. */
  message: string;
  /** What was done, line by line; bounded. Secrets are not in it. */
  logs: string[];
  executionMs: number;
  at: Instant;
}
