import { TEST_TYPES, type TestResult, type TestType } from "../candidate-test/candidate-test.ts";
import type { Instant } from "../time.ts";

/** One of the four tests of an agent, as its interface tells it: results of one type together, times in seconds. */
export interface AgentTest {
  name: string;
  status: "running" | "completed";
  /** Null while it runs. */
  passed: boolean | null;
  message: string;
  metrics: AgentTestMetrics;
  executionMs: number;
  at: Instant;
}

export interface AgentTestMetrics {
  [name: string]: number | { name: string; passed: boolean | null; message: string }[];
}

/** The tests that were asked for, in the order functional, performance, load, security. */
export const agentTests = (results: readonly TestResult[]): AgentTest[] =>
  TEST_TYPES.flatMap((type) => {
    const own = results.filter((result) => result.type === type);
    return own.length === 0 ? [] : [testOf(type, own)];
  });

function testOf(type: TestType, results: readonly TestResult[]): AgentTest {
  const running = results.some(({ status }) => status === "running");
  const passed = results.every(({ status }) => status === "passed" || status === "skipped");
  return {
    name: `${type}_test`,
    status: running ? "running" : "completed",
    passed: running ? null : passed,
    message: running ? `${TITLES[type]} test is running` : MESSAGES[type](results, passed),
    metrics: METRICS[type](results),
    executionMs: results.reduce((sum, { executionMs }) => sum + executionMs, 0),
    at: Math.max(...results.map(({ at }) => at)),
  };
}

const TITLES: Readonly<Record<TestType, string>> = {
  functional: "Functional",
  performance: "Performance",
  load: "Load",
  security: "Security",
};

const METRICS: Readonly<Record<TestType, (results: readonly TestResult[]) => AgentTestMetrics>> = {
  functional: (results) => figures({ response_time: secondsOf(slowest(results)) }),
  performance: ([result]) =>
    figures({
      average_response_time: secondsOf(result?.metrics.meanMs),
      max_response_time: secondsOf(result?.metrics.maxMs),
      p95_response_time: secondsOf(result?.metrics.p95Ms),
      requests_per_second: result?.metrics.requestsPerSecond,
      success_rate: result?.metrics.successRate,
    }),
  load: ([result]) =>
    figures({
      concurrent_users: result?.metrics.connections,
      total_requests: result?.metrics.requests,
      successful_requests: result?.metrics.succeeded,
      success_rate: result?.metrics.successRate,
      requests_per_second: result?.metrics.requestsPerSecond,
      p95_response_time: secondsOf(result?.metrics.p95Ms),
    }),
  security: (results) => ({
    passed_checks: count(results, "passed"),
    total_checks: results.length,
    not_applicable: count(results, "skipped"),
    security_checks: results.map(({ name, status, message }) => ({
      name: name.replace("security/", "").replaceAll("-", "_"),
      passed: status === "passed" ? true : status === "skipped" || status === "running" ? null : false,
      message,
    })),
  }),
};

const MESSAGES: Readonly<Record<TestType, (results: readonly TestResult[], passed: boolean) => string>> = {
  functional: (results, passed) =>
    passed ? "Functional test completed successfully" : `Functional test failed. ${failures(results)}`,
  performance: (results, passed) => {
    const { average_response_time: average, max_response_time: max } = METRICS.performance(results);
    const times = average === undefined ? "No answers" : `Avg: ${average}s, Max: ${max}s`;
    return told("Performance test", times, results, passed);
  },
  load: (results, passed) => {
    const { successRate = 0, requestsPerSecond = 0 } = results[0]?.metrics ?? {};
    return told("Load test", `Success rate: ${percent(successRate)}%, RPS: ${requestsPerSecond}`, results, passed);
  },
  security: (results, passed) => {
    const skipped = count(results, "skipped");
    const checks = `Passed: ${count(results, "passed")}/${results.length} checks`;
    const others = skipped === 0 ? "" : `, ${skipped} not applicable`;
    return told("Security test", `${checks}${others}`, results, passed);
  },
};

function told(what: string, figure: string, results: readonly TestResult[], passed: boolean): string {
  const skipped = results.every(({ status }) => status === "skipped");
  if (skipped && results.length === 1) return `${what} was not run. ${results[0]?.message}`;
  return passed ? `${what} completed. ${figure}` : `${what} failed. ${figure}. ${failures(results)}`;
}

const failures = (results: readonly TestResult[]): string =>
  results
    .filter(({ status }) => status === "failed" || status === "error")
    .map(({ name, message }) => `${name}: ${message}`)
    .join("; ");

const count = (results: readonly TestResult[], status: TestResult["status"]): number =>
  results.filter((result) => result.status === status).length;

function slowest(results: readonly TestResult[]): number | undefined {
  const times = results.flatMap(({ metrics }) => metrics.answerMs ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Milliseconds as seconds, to a thousandth. */
const secondsOf = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.round(ms) / 1_000;

/** Downwards, so that a rate just below its threshold never reads like the threshold. */
const percent = (share: number): number => Math.floor(share * 1_000) / 10;

const figures = (values: Record<string, number | undefined>): AgentTestMetrics =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
