import { expect, test } from "vitest";
import type { TestResult } from "../candidate-test/candidate-test.ts";
import { agentTests } from "./agent.test-results.ts";

const result = (change: Partial<TestResult>): TestResult => ({
  name: "load",
  type: "load",
  status: "passed",
  metrics: {},
  message: "it was seen",
  logs: [],
  executionMs: 2_000,
  at: 5_000,
  ...change,
});
const load = { requests: 18_000, succeeded: 17_550, successRate: 0.975, requestsPerSecond: 150.2, connections: 50 };

test("the four tests, in their order, with the printed figures", () => {
  const tests = agentTests([
    result({ type: "load", metrics: { ...load, meanMs: 100, maxMs: 300, p95Ms: 200 } }),
    result({ name: "functional/health", type: "functional", metrics: { answerMs: 234 } }),
    result({ name: "security/transport", type: "security" }),
    result({
      name: "performance",
      type: "performance",
      metrics: { ...load, requestsPerSecond: 85.3, meanMs: 450, maxMs: 1_200 },
    }),
  ]);
  expect(tests.map(({ name }) => name)).toEqual(["functional_test", "performance_test", "load_test", "security_test"]);
  const [functional, performance, under, security] = tests;
  expect(functional).toMatchObject({
    status: "completed",
    passed: true,
    message: "Functional test completed successfully",
    metrics: { response_time: 0.234 },
  });
  expect(performance).toMatchObject({
    message: "Performance test completed. Avg: 0.45s, Max: 1.2s",
    metrics: { average_response_time: 0.45, max_response_time: 1.2, requests_per_second: 85.3 },
  });
  expect(under).toMatchObject({
    message: "Load test completed. Success rate: 97.5%, RPS: 150.2",
    metrics: {
      concurrent_users: 50,
      total_requests: 18_000,
      successful_requests: 17_550,
      success_rate: 0.975,
      requests_per_second: 150.2,
    },
  });
  expect(security).toMatchObject({ metrics: { passed_checks: 1, total_checks: 1 } });
});

const EIGHT = [
  "authentication",
  "authorisation",
  "transport",
  "headers",
  "error-disclosure",
  "limits",
  "audit",
  "dependencies",
];
const checks = (status: (name: string) => TestResult["status"]): TestResult[] =>
  EIGHT.map((name) => result({ name: `security/${name}`, type: "security", status: status(name) }));

test("all eight security checks passed", () => {
  const [security] = agentTests(checks(() => "passed"));
  expect(security).toMatchObject({ passed: true, message: "Security test completed. Passed: 8/8 checks" });
  expect(security?.metrics.security_checks).toHaveLength(8);
});

test("what does not apply is neither passed nor failed", () => {
  const [security] = agentTests(checks((name) => (name === "audit" ? "skipped" : "passed")));
  expect(security).toMatchObject({
    passed: true,
    message: "Security test completed. Passed: 7/8 checks, 1 not applicable",
    metrics: { passed_checks: 7, total_checks: 8, not_applicable: 1 },
  });
});

test("one that fails names itself, and fails the test", () => {
  const [security] = agentTests(checks((name) => (name === "limits" ? "failed" : "passed")));
  expect(security?.passed).toBe(false);
  expect(security?.message).toBe("Security test failed. Passed: 7/8 checks. security/limits: it was seen");
});

test("while one still runs, nothing is said of the whole", () => {
  const [security] = agentTests(checks((name) => (name === "audit" ? "running" : "passed")));
  expect(security).toMatchObject({ status: "running", passed: null, message: "Security test is running" });
});

test("a load test that was left out because something failed before says so", () => {
  const [under] = agentTests([
    result({ status: "skipped", message: "Not run, because functional/health did not pass." }),
  ]);
  expect(under?.message).toBe("Load test was not run. Not run, because functional/health did not pass.");
});

test("nothing was asked for", () => {
  expect(agentTests([])).toEqual([]);
});
