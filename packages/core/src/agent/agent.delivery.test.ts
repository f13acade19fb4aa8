import { expect, test } from "vitest";
import { configSchema } from "../deployment/config.schema.ts";
import { environmentSchema } from "../environment/environment.schema.ts";
import { SluiceError } from "../errors.ts";
import { mergePatch } from "../revision/merge-patch.ts";
import { compileSteps } from "../strategy/compile.ts";
import {
  agentConfigPatch,
  agentLimits,
  agentRoutePath,
  agentStrategy,
  checkAgentLimits,
  newAgentConfig,
} from "./agent.delivery.ts";
import { agentDeploySchema } from "./agent.request.schema.ts";

const production = environmentSchema.parse({
  tier: "production",
  validationLevel: "strict",
  monitoringLevel: "comprehensive",
});
const development = environmentSchema.parse({
  tier: "development",
  validationLevel: "basic",
  monitoringLevel: "minimal",
});

/** As the interface's document prints it. */
const PRINTED = agentDeploySchema.parse({
  agent_id: "financial_analyst_001",
  environment: "production",
  version: "1.2.0",
  deployment_options: {
    auto_rollback: true,
    monitoring_level: "comprehensive",
    resource_limits: { memory_mb: 2048, cpu_cores: 2.0, concurrent_tasks: 10 },
  },
  test_options: {
    performance_test: true,
    load_test: true,
    security_test: true,
    concurrent_users: 50,
    test_duration: 120,
  },
});

test("the printed request means its tests, its watch and its way back", () => {
  const strategy = agentStrategy(PRINTED, production, "/health");
  expect(strategy).toMatchObject({ type: "immediate", autoRollback: true, monitoringSeconds: 60 });
  expect(strategy.tests).toMatchObject({
    performanceTest: true,
    loadTest: true,
    securityTest: true,
    concurrentUsers: 50,
    testDuration: 120,
    responseTimeThreshold: 2,
    successRateThreshold: 0.95,
    request: { path: "/health" },
    functional: [{ name: "health", request: { path: "/health" } }],
  });
  expect(strategy.analysis.metrics).toEqual([{ name: "error_rate" }, { name: "latency", maxLatencyMs: 2_000 }]);
  expect(compileSteps(strategy)).toEqual([{ type: "switch" }]);
});

test("the printed limits become the configuration, and are read back", () => {
  const config = configSchema.parse(mergePatch(newAgentConfig(production), agentConfigPatch(PRINTED)));
  expect(config.resources.limits).toEqual({ memory: "2048Mi", cpu: "2" });
  expect(config.replicas).toBe(2);
  expect(agentLimits(config)).toEqual({ memory_mb: 2048, cpu_cores: 2, concurrent_tasks: 10 });
});

test("what a request leaves out is as the environment has it", () => {
  const short = agentDeploySchema.parse({ agent_id: "a" });
  expect(short.environment).toBe("staging");
  expect(agentStrategy(short, development, "/health")).toMatchObject({
    monitoringSeconds: 0,
    tests: { performanceTest: false, loadTest: false, securityTest: false },
    analysis: { metrics: [{ name: "error_rate" }] },
  });
  expect(agentStrategy(short, production, "/health").tests).toMatchObject({ loadTest: true, securityTest: true });
  expect(agentConfigPatch(short)).toEqual({});
  expect(newAgentConfig(development)).toMatchObject({ replicas: 1 });
});

test("thresholds and switches of the request have the last word", () => {
  const request = agentDeploySchema.parse({
    agent_id: "a",
    deployment_options: {
      auto_rollback: false,
      monitoring_level: "minimal",
      monitoring_duration: 7,
      strategy: "canary",
    },
    test_options: {
      functional_test: false,
      load_test: false,
      response_time_threshold: 0.5,
      success_rate_threshold: 0.99,
      request: { method: "POST", path: "/ask", body: { question: "?" } },
    },
  });
  const strategy = agentStrategy(request, production, "/health");
  expect(strategy).toMatchObject({ type: "canary", autoRollback: false, monitoringSeconds: 7 });
  expect(strategy.tests).toMatchObject({
    functional: [],
    loadTest: false,
    responseTimeThreshold: 0.5,
    successRateThreshold: 0.99,
    request: { method: "POST", path: "/ask" },
  });
});

test("an agent without a health path is not asked for it", () => {
  const request = agentDeploySchema.parse({ agent_id: "a", deployment_options: { health_path: null } });
  expect(configSchema.parse(mergePatch(newAgentConfig(production), agentConfigPatch(request))).healthCheck.path).toBe(
    null,
  );
  expect(agentStrategy(request, production, null).tests).toMatchObject({ functional: [], request: { path: "/" } });
});

test("a strategy that the environment does not allow is refused by the request's own field", () => {
  const strict = environmentSchema.parse({ protection: { allowedStrategies: ["canary"] } });
  const request = agentDeploySchema.parse({ agent_id: "a", deployment_options: { strategy: "ab" } });
  expect(() => agentStrategy(request, strict, null)).toThrow("deployment_options.strategy");
  expect(agentStrategy(agentDeploySchema.parse({ agent_id: "a" }), strict, null).type).toBe("canary");
});

test("limits above the environment's are refused one by one", () => {
  const request = agentDeploySchema.parse({
    agent_id: "a",
    deployment_options: { resource_limits: { memory_mb: 999_999, cpu_cores: 500 } },
  });
  let refused: unknown;
  try {
    checkAgentLimits(request, production);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(SluiceError);
  expect(refused).toMatchObject({
    code: "invalid_argument",
    violations: [
      { field: "deployment_options.resource_limits.memory_mb", found: 999_999 },
      { field: "deployment_options.resource_limits.cpu_cores", found: 500 },
    ],
  });
  expect(() => checkAgentLimits(PRINTED, production)).not.toThrow();
});

test("agents of one name have a path of their own in each environment and project", () => {
  const paths = [
    agentRoutePath("default", "staging", "a"),
    agentRoutePath("default", "production", "a"),
    agentRoutePath("other", "production", "a"),
  ];
  expect(paths).toEqual(["/agents/staging/a", "/agents/production/a", "/agents/other/production/a"]);
});
