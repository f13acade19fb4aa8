import { AGENT_STAGES, AGENT_STATUSES, AGENT_VALIDATIONS } from "@sluice/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentServer, expectPrinted, startAgentServer } from "./testing/agent.server.ts";

/** Every request that the document of this interface prints, in its order, against a fresh server. */

let here: AgentServer;
beforeAll(async () => {
  here = await startAgentServer();
});
afterAll(() => here.close());

const AGENT = "financial_analyst_001";

const DEPLOY = {
  agent_id: AGENT,
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
};

const VALIDATION = {
  test_name: "agent_status_validation",
  test_type: "existence_validation",
  severity: "critical",
  passed: true,
  message: "Agent status: ready",
  execution_time: 0.234,
  timestamp: "2024-01-01T10:45:00Z",
};

const PRINTED = {
  deployment_id: "deploy_abc123",
  agent_id: AGENT,
  status: "running",
  stage: "validating",
  environment: "production",
  progress_percentage: 15,
  estimated_completion: "2024-01-01T11:15:00Z",
  validation_results: [VALIDATION],
  deployment_metadata: { version: "1.2.0", environment_config: "production_high_availability" },
};

let printedId: string;

describe("the document, from its first request to its last", () => {
  test("an agent that nobody has registered is not found, and the answer says how to register it", async () => {
    const { status, body } = await here.ask("POST", "/deploy", DEPLOY);
    expect(status).toBe(404);
    expect(body.detail).toContain(
      `agent ${AGENT} is not registered in project default; register it: POST /v1/artifacts`,
    );
  });

  test("POST /deploy takes the printed request as it stands and answers every printed field", async () => {
    await here.register(AGENT, "1.2.0");
    const begun = await here.deploy(DEPLOY);
    printedId = begun.deployment_id;
    expectPrinted(begun, PRINTED);
    expect(begun).toMatchObject({
      agent_id: AGENT,
      status: "running",
      environment: "production",
      deployment_metadata: {
        version: "1.2.0",
        environment_config: "production_high_availability",
        resource_limits: { memory_mb: 2048, cpu_cores: 2, concurrent_tasks: 10 },
      },
    });
    expect(begun.validation_results.map(({ test_name }) => test_name)).toEqual(AGENT_VALIDATIONS);
    expect(begun.validation_results[0]).toMatchObject({
      test_type: "existence_validation",
      severity: "critical",
      passed: true,
      message: "Agent status: ready",
    });
  });

  test("GET /deployments/{deployment_id}/status tells the stage, the tests and how it runs", async () => {
    const tested = await here.until(printedId, ({ test_results }) => test_results.length === 4);
    expect(tested).toMatchObject({ status: "running", stage: "testing" });
    expectPrinted(tested, { ...PRINTED, deployment_metadata: { agent_endpoint: "http://localhost:8305/agents/x" } });
    expectPrinted(tested.test_results[0], {
      test_name: "functional_test",
      test_type: "functional_test",
      status: "completed",
      message: "Functional test completed successfully",
      metrics: {},
      execution_time: 2.1,
      timestamp: "2024-01-01T10:55:00Z",
    });
    expect(tested.deployment_metadata.agent_endpoint).toBe(`${here.server.gatewayUrl}/agents/production/${AGENT}`);
    expect(tested.monitoring_metrics.deployment_progress).toBe(tested.progress_percentage);
  });

  test("GET /deployments lists those that are under way", async () => {
    const { body } = await here.ask("GET", "/deployments");
    expect(body).toMatchObject({ deployments: [{ deployment_id: printedId, status: "running" }], next_cursor: null });
    expectPrinted((body.deployments as unknown[])[0], PRINTED);
  });

  test("POST /rollback takes the printed request with a deployment's own id", async () => {
    const rollback = await here.rollback({
      deployment_id: printedId,
      rollback_reason: "Performance degradation detected",
      rollback_options: { preserve_data: true, force_rollback: false, cleanup_resources: true },
    });
    expectPrinted(rollback, {
      rollback_id: "rollback_xyz789",
      deployment_id: "deploy_abc123",
      status: "running",
      rollback_reason: "Performance degradation detected",
      progress_percentage: 25,
      estimated_completion: "2024-01-01T11:05:00Z",
    });
    expect(rollback).toMatchObject({
      deployment_id: printedId,
      status: "running",
      rollback_reason: "Performance degradation detected",
      trigger: "manual_rollback",
    });
    const ended = await here.rolledBack(rollback.rollback_id);
    expect(ended, JSON.stringify(ended)).toMatchObject({ status: "success", progress_percentage: 100 });
    expect(await here.status(printedId)).toMatchObject({ status: "failed", stage: "rolled_back" });
  });

  test("the usage example: a deployment to its end, with the printed tests and figures", async () => {
    await here.register("example", "1.0.0");
    const { deployment_id: id } = await here.deploy({
      agent_id: "example",
      environment: "staging",
      deployment_options: { auto_rollback: true, monitoring_level: "comprehensive", monitoring_duration: 1 },
      test_options: { performance_test: true, load_test: true, concurrent_users: 10, test_duration: 2 },
    });
    const seen: number[] = [];
    const stages = new Set<string>();
    const result = await here.until(id, ({ progress_percentage, stage, status }) => {
      seen.push(progress_percentage);
      stages.add(stage);
      return status !== "running";
    });
    expect(result, JSON.stringify(result, null, 1)).toMatchObject({ status: "success", stage: "completed" });
    expect(result.progress_percentage).toBe(100);
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    for (const stage of stages) expect(AGENT_STAGES).toContain(stage);
    expect(AGENT_STATUSES).toContain(result.status);
    expect(result.deployment_metadata.agent_endpoint).toBe(`${here.server.gatewayUrl}/agents/staging/example`);
    const tests = new Map(result.test_results.map((one) => [one.test_name, one]));
    expectPrinted(tests.get("functional_test"), { passed: true, metrics: { response_time: 0.234 } });
    expectPrinted(tests.get("performance_test"), {
      status: "completed",
      passed: true,
      message: "Performance test completed. Avg: 0.45s, Max: 1.2s",
      metrics: { average_response_time: 0.45, max_response_time: 1.2, requests_per_second: 85.3 },
      execution_time: 12.5,
    });
    expect(tests.get("performance_test")?.message).toMatch(/^Performance test completed\. Avg: [\d.]+s, Max: [\d.]+s$/);
    expectPrinted(tests.get("load_test"), {
      metrics: {
        concurrent_users: 50,
        total_requests: 18000,
        successful_requests: 17550,
        success_rate: 0.975,
        requests_per_second: 150.2,
      },
      execution_time: 120.0,
    });
    expect(tests.get("load_test")?.message).toMatch(/^Load test completed\. Success rate: [\d.]+%, RPS: [\d.]+$/);
    expectPrinted(tests.get("security_test"), {
      passed: true,
      metrics: { passed_checks: 8, total_checks: 8, security_checks: [{ name: "x", message: "x" }] },
      execution_time: 45.2,
    });
    expect(tests.get("security_test")?.metrics.total_checks).toBe(8);
    // It can be asked something, where the answer says.
    expect(await here.agent("/staging/example/ask?question=6*7")).toMatchObject({ answer: 42 });
  });

  test("GET /metrics answers the printed figures to a caller who wants JSON", async () => {
    const { body } = await here.ask("GET", "/metrics");
    expectPrinted(body, {
      metrics: {
        total_deployments: 45,
        successful_deployments: 42,
        failed_deployments: 3,
        success_rate: 0.933,
        average_deployment_time: 425.3,
        average_validation_time: 45.2,
        average_test_time: 180.5,
        active_deployments: 2,
        last_updated: "2024-01-01T11:00:00Z",
        p95_deployment_time: 680.0,
        deployment_frequency: 12.5,
      },
    });
    // The printed deployment was taken back, the example was completed.
    expect(body.metrics).toMatchObject({
      total_deployments: 2,
      successful_deployments: 1,
      failed_deployments: 1,
      success_rate: 0.5,
    });
    const text = await (await fetch(`${here.server.url}/metrics`)).text();
    expect(text).toMatch(/^sluice_agent_deployments_successful 1$/m);
    expect(text).toMatch(/^sluice_agent_deployment_success_ratio 0.5$/m);
  });

  test("GET /environments answers the printed environments word for word", async () => {
    const { body } = await here.ask("GET", "/environments");
    expect(body).toMatchObject({
      environments: {
        development: {
          description: "Development environment for testing and debugging",
          resource_requirements: { memory_mb: 512, cpu_cores: 0.5, storage_gb: 5 },
          validation_level: "basic",
          monitoring_level: "minimal",
          resource_limits: { memory_mb: 512, cpu_cores: 0.5 },
          backup_enabled: false,
        },
        staging: {
          description: "Staging environment for integration testing",
          resource_requirements: { memory_mb: 1024, cpu_cores: 1.0, storage_gb: 20 },
          validation_level: "standard",
          monitoring_level: "standard",
          resource_limits: { memory_mb: 1024, cpu_cores: 1.0 },
          backup_enabled: true,
        },
        production: {
          description: "Production environment for live deployments",
          resource_requirements: { memory_mb: 2048, cpu_cores: 2.0, storage_gb: 100 },
          validation_level: "strict",
          monitoring_level: "comprehensive",
          resource_limits: { memory_mb: 2048, cpu_cores: 2.0 },
          backup_enabled: true,
          redundancy_enabled: true,
        },
      },
      default_environment: "staging",
    });
  });

  test("/docs is there", async () => {
    const response = await fetch(`${here.server.url}/docs`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("<html");
  });
});
