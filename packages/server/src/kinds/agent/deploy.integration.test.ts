import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentServer, QUICK, startAgentServer } from "./testing/agent.server.ts";

/** A folder of known vulnerabilities, with one of a package that the tests' agents have in a later version. */
let vulnerabilities: string;
let here: AgentServer;
beforeAll(async () => {
  vulnerabilities = await mkdtemp(join(tmpdir(), "sluice-osv-"));
  const affected = [{ package: { ecosystem: "npm", name: "lodash" }, versions: ["4.17.20"] }];
  const entry = { id: "OSV-1", modified: "2026-01-01T00:00:00Z", affected };
  await writeFile(join(vulnerabilities, "OSV-1.json"), JSON.stringify(entry));
  here = await startAgentServer({ SLUICE_OSV_DIR: vulnerabilities });
});
afterAll(async () => {
  await here.close();
  await rm(vulnerabilities, { recursive: true });
});

describe("many deployments", () => {
  test("five agents are deployed to staging at once, and all are listed while they are under way", async () => {
    const agents = [0, 1, 2, 3, 4].map((number) => `agent_${number}`);
    for (const agent of agents) await here.register(agent, "1.0.0");
    const options = { deployment_options: { monitoring_duration: 3 } };
    const results = await Promise.all(
      agents.map((agent_id) => here.deploy({ agent_id, environment: "staging", ...options })),
    );
    expect(results).toHaveLength(5);
    const { body } = await here.ask("GET", "/deployments");
    expect((body.deployments as unknown[]).length).toBeGreaterThanOrEqual(3);
    const ended = await Promise.all(results.map(({ deployment_id }) => here.ended(deployment_id)));
    for (const result of ended) {
      expect(result, JSON.stringify(result, null, 1)).toMatchObject({ status: "success", stage: "completed" });
      expect(result.validation_results.length).toBeGreaterThan(0);
      const critical = result.validation_results.filter(({ severity }) => severity === "critical");
      expect(critical.every(({ passed }) => passed)).toBe(true);
    }
    const { body: listed } = await here.ask("GET", "/deployments?status=success&limit=3");
    expect(listed.deployments).toHaveLength(3);
    const { body: rest } = await here.ask("GET", `/deployments?status=success&limit=200&cursor=${listed.next_cursor}`);
    expect((rest.deployments as unknown[]).length).toBeGreaterThanOrEqual(2);
    const { body: one } = await here.ask("GET", "/deployments?status=all&agent_id=agent_3&environment=staging");
    expect(one.deployments).toMatchObject([{ agent_id: "agent_3" }]);
  });

  test("two first deployments of one agent at the same moment are one deployment", async () => {
    await here.register("twin", "1.0.0");
    const [left, right] = await Promise.all([1, 2].map(() => here.deploy({ agent_id: "twin", ...QUICK })));
    expect(left?.deployment_metadata.deployment).toBe(right?.deployment_metadata.deployment);
    expect(left?.deployment_id).toBe(right?.deployment_id);
  });

  test("an Idempotency-Key makes a request repeatable", async () => {
    await here.register("keyed", "1.0.0");
    const send = async () => {
      const headers = { "content-type": "application/json", "idempotency-key": "deploy-keyed" };
      const body = JSON.stringify({ agent_id: "keyed", ...QUICK });
      return (await fetch(`${here.server.url}/deploy`, { method: "POST", headers, body })).json();
    };
    expect(await send()).toEqual(await send());
  });
});

describe("what a deployment is told and learns", () => {
  test("an agent has its data folder, a temporary folder, its tasks, and its limits", async () => {
    const report = "require('http').createServer((q,s)=>s.end(JSON.stringify(process.env))).listen(process.env.PORT)";
    await here.register("reporter", "1.0.0", "good", { command: ["node", "-e", report], workdir: "." });
    const { deployment_id } = await here.deploy({
      agent_id: "reporter",
      ...QUICK,
      deployment_options: {
        monitoring_level: "minimal",
        health_path: "/anything",
        resource_limits: { memory_mb: 512, cpu_cores: 0.5, concurrent_tasks: 7 },
      },
    });
    const { deployment_metadata } = await here.ended(deployment_id);
    const { deployment, revision } = deployment_metadata;
    expect(deployment_metadata.resource_limits).toEqual({ memory_mb: 512, cpu_cores: 0.5, concurrent_tasks: 7 });
    expect(await here.agent("/staging/reporter/")).toMatchObject({
      SLUICE_DATA_FOLDER: `${here.dataDir}/agents/${deployment}/data`,
      TMPDIR: `${here.dataDir}/agents/${deployment}/tmp/r${revision}`,
      SLUICE_CONCURRENT_TASKS: "7",
    });
    const { body } = await here.ask("GET", `/v1/deployments/${deployment}`);
    expect(body.config).toMatchObject({ resources: { limits: { memory: "512Mi", cpu: "0.5" } } });
  });

  test("real-time figures: instances, their use of memory and processor, answers and errors", async () => {
    await here.register("watched", "1.0.0");
    const { deployment_id } = await here.deploy({ agent_id: "watched", ...QUICK });
    await here.ended(deployment_id);
    const before = await here.status(deployment_id);
    expect(before.monitoring_metrics).toMatchObject({
      response_time: null,
      error_rate: null,
      resource_usage: { network_iops: null },
      health_status: "healthy",
    });
    expect(Object.keys(before.monitoring_metrics.unmeasured)).toEqual(
      expect.arrayContaining(["network_iops", "response_time"]),
    );
    await here.agent("/staging/watched/ask?question=1%2B1");
    const measured = await here.until(
      deployment_id,
      ({ monitoring_metrics: { response_time, resource_usage } }) =>
        response_time !== null && resource_usage.cpu_percent !== null,
    );
    const { monitoring_metrics: now } = measured;
    expect(now).toMatchObject({ deployment_progress: 100, error_rate: 0, health_status: "healthy" });
    expect(now.resource_usage.memory_mb).toBeGreaterThan(1);
  });

  test("the end is expected as earlier deployments of the agent ended", async () => {
    await here.register("learner", "1.0.0");
    await here.ended((await here.deploy({ agent_id: "learner", ...QUICK })).deployment_id);
    await here.register("learner", "1.1.0");
    const options = { deployment_options: { monitoring_duration: 20 }, test_options: QUICK.test_options };
    const next = await here.deploy({ agent_id: "learner", ...options });
    expect(Date.parse(next.estimated_completion ?? "")).toBeGreaterThan(Date.parse(next.created_at) + 20_000);
    const watching = await here.until(next.deployment_id, ({ stage }) => stage === "monitoring");
    expect(watching.progress_percentage).toBeGreaterThanOrEqual(85);
    await here.rollback({ deployment_id: next.deployment_id, rollback_options: { backup_before_rollback: false } });
  });

  test("the version left out is the newest; what serves already is not deployed again", async () => {
    await here.register("newest", "1.0.0");
    await here.register("newest", "0.9.0");
    const begun = await here.deploy({ agent_id: "newest", ...QUICK });
    expect(begun).toMatchObject({ environment: "staging", deployment_metadata: { version: "0.9.0" } });
    await here.ended(begun.deployment_id);
    const again = await here.deploy({ agent_id: "newest", ...QUICK });
    expect(again).toMatchObject({ deployment_id: begun.deployment_id, status: "success" });
  });

  test("an environment of one's own is one like the others", async () => {
    await here.server.call("PUT", "/v1/environments/testing", { tier: "custom", validationLevel: "basic" });
    await here.register("guest", "1.0.0");
    const { deployment_id } = await here.deploy({ agent_id: "guest", environment: "testing", ...QUICK });
    expect(await here.ended(deployment_id)).toMatchObject({ status: "success", environment: "testing" });
    const { body } = await here.ask("GET", "/environments");
    expect(body.environments).toHaveProperty("testing.description", "Environment with rules of its own");
  });
});

describe("what stops a deployment", () => {
  test("a critical failure of validation: nothing runs, and the validation says why", async () => {
    await here.register("missing", "1.0.0", "good", { command: ["/no/such/program"] });
    const { deployment_id } = await here.deploy({ agent_id: "missing", ...QUICK });
    const failed = await here.ended(deployment_id);
    expect(failed).toMatchObject({ status: "failed", stage: "failed", rollback: null });
    expect(failed.error_message).toContain("/no/such/program");
    expect(failed.validation_results[0]).toMatchObject({
      test_name: "agent_status_validation",
      severity: "critical",
      passed: false,
    });
    expect(failed.test_results).toEqual([]);
  });

  test("a load test below its thresholds", async () => {
    await here.register("sluggish", "1.0.0", "slow");
    const { deployment_id } = await here.deploy({
      agent_id: "sluggish",
      deployment_options: { monitoring_level: "minimal" },
      test_options: {
        load_test: true,
        security_test: false,
        concurrent_users: 4,
        test_duration: 1,
        response_time_threshold: 0.1,
        success_rate_threshold: 0.99,
        request: { path: "/ask?question=1%2B1" },
      },
    });
    const failed = await here.ended(deployment_id);
    const load = failed.test_results.find(({ test_name }) => test_name === "load_test");
    expect(load).toMatchObject({ passed: false, metrics: { concurrent_users: 4 } });
    expect(load?.message).toMatch(/^Load test failed\. Success rate: 0%, RPS: [\d.]+\. load: /);
  });
});

describe("eight of eight security checks", () => {
  test("pass for an agent that declares what may be tried on it", async () => {
    const component = { type: "library", name: "lodash", version: "4.17.21", purl: "pkg:npm/lodash@4.17.21" };
    const sbom = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components: [component] };
    await here.register("secure", "1.0.0", "good", { sbom });
    const { deployment_id } = await here.deploy({
      agent_id: "secure",
      deployment_options: { monitoring_level: "minimal" },
      test_options: {
        security_test: true,
        request: { path: "/ask?question=1%2B1" },
        security: {
          protectedPath: "/memory",
          privilegedPath: "/admin",
          lowPrivilegeHeaders: { authorization: "Bearer reader" },
          maxBodyBytes: 100_000,
          auditPath: "/ask?question=40%2B2",
          auditPattern: '"event":"asked"',
        },
      },
    });
    const ended = await here.ended(deployment_id);
    const security = ended.test_results.find(({ test_name }) => test_name === "security_test");
    expect(security, JSON.stringify(security, null, 1)).toMatchObject({
      passed: true,
      message: "Security test completed. Passed: 8/8 checks",
      metrics: { passed_checks: 8, total_checks: 8, not_applicable: 0 },
    });
    expect(security?.metrics.security_checks).toHaveLength(8);
  });
});

test("a service that an agent depends on is asked, and a missing one stops it", async () => {
  const factory = createServer((_, response) => response.end("ready"));
  await new Promise<void>((done) => factory.listen(0, "127.0.0.1", done));
  const { port } = factory.address() as AddressInfo;
  await here.register("dependent", "1.0.0");
  const first = await here.deploy({ agent_id: "dependent", ...QUICK });
  await here.ended(first.deployment_id);
  const id = first.deployment_metadata.deployment;
  const dependencies = [{ name: "brain-factory", type: "http", address: `127.0.0.1:${port}`, path: "/health" }];
  const patched = await here.server.call<{ rollout: { id: string } }>("PATCH", `/v1/deployments/${id}`, {
    config: { dependencies },
  });
  const well = await here.ended(patched.rollout.id);
  expect(well.validation_results[2]).toMatchObject({
    test_name: "service_dependency_validation",
    passed: true,
    message: "Service dependencies validated successfully",
  });
  await new Promise((done) => factory.close(done));
  await here.register("dependent", "1.1.0");
  const failed = await here.ended((await here.deploy({ agent_id: "dependent", ...QUICK })).deployment_id);
  expect(failed.validation_results[2]).toMatchObject({ passed: false, severity: "high" });
  expect(failed.validation_results[2]?.message).toContain("brain-factory");
  expect(failed).toMatchObject({ status: "failed", stage: "failed" });
});
