import type { TestResult, TestType } from "@sluice/core";
import type { CandidateTestRun, TestedInstance } from "./candidate-test.types.ts";
import type { ExchangeOutcome, ExchangeRequest } from "./exchange.ts";
import type { Judge } from "./judge.ts";

/** What one test is told and may use. */
export interface TestContext {
  run: CandidateTestRun;
  /** The instance that is this test's to ask; tests are dealt to the instances in turn. */
  instance: TestedInstance;
  signal: AbortSignal;
  judge: Judge;
  /** Asks this test's instance; TLS where the candidate speaks it. */
  ask(request: AskRequest): Promise<ExchangeOutcome>;
}

export type AskRequest = Pick<ExchangeRequest, "path" | "headers" | "body"> &
  Partial<Pick<ExchangeRequest, "method" | "timeoutMs" | "maxBytes" | "tls">>;

/** How a test ended. */
export interface Outcome extends Pick<TestResult, "message"> {
  status: Exclude<TestResult["status"], "running">;
  metrics?: Record<string, number>;
  logs?: string[];
}

export interface PlannedTest {
  name: string;
  type: TestType;
  /** Long and noisy: not worth running on a candidate that has failed already. */
  costly: boolean;
  run(context: TestContext): Promise<Outcome>;
}

export const passed = (message: string, more: Partial<Outcome> = {}): Outcome => ({
  status: "passed",
  message,
  ...more,
});
export const failed = (message: string, more: Partial<Outcome> = {}): Outcome => ({
  status: "failed",
  message,
  ...more,
});
export const skipped = (message: string): Outcome => ({ status: "skipped", message });
