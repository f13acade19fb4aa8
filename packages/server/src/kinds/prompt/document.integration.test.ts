import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../../grpc/testing/reflecting.client.ts";
import { type Delos, startDelos } from "./delos/testing/delos.fixture.ts";
import { COMMANDS, QUALITY_GATE, requestOf, STRATEGIES, type Title } from "./delos/testing/document.ts";

let delos: Delos;
beforeAll(async () => {
  delos = await startDelos();
  await delos.prompt("prompt-abc123", 6);
  await delos.serve("prompt-abc123", 4);
});
afterAll(() => delos.close());

const TIME = { seconds: expect.any(Number), nanos: expect.any(Number) };

/** Every field of a deployment, by its type. */
const DEPLOYMENT = {
  id: expect.stringMatching(/^rol_/),
  prompt_id: "prompt-abc123",
  from_version: 4,
  to_version: 5,
  environment: "production",
  strategy: {
    type: "DEPLOYMENT_TYPE_GRADUAL",
    initial_percentage: 10,
    increment: 20,
    interval_seconds: 300,
    auto_rollback: true,
    rollback_threshold: 0.75,
  },
  status_message: expect.any(String),
  metadata: expect.anything(),
  created_by: "local",
  created_at: TIME,
  updated_at: TIME,
};

/** Runs the six commands in the order of the document; `send` answers what the service answered. */
async function throughTheDocument(send: (title: Title, id: string) => Promise<Answer>): Promise<void> {
  const created = (await send("Create a Deployment", "")).deployment;
  expect(created).toMatchObject({ ...DEPLOYMENT, status: "PENDING_APPROVAL" });
  const approved = (await send("Approve a Deployment", created.id)).deployment;
  expect(approved).toMatchObject({ id: created.id, approved_by: "local", approval_comment: "Approved after review" });
  expect(["PENDING_GATES", "IN_PROGRESS"]).toContain(approved.status);
  await delos.until(created.id, "IN_PROGRESS");

  const gate = (await send("Create a Quality Gate", "")).quality_gate;
  const condition = { type: "eval_score", operator: "gte", threshold: 0.9, dataset_id: "golden-set" };
  expect(gate).toMatchObject({ id: "prompt-abc123-prod-gate", name: "Prod Gate", prompt_id: "prompt-abc123" });
  expect(gate).toMatchObject({ required: true, conditions: [condition], created_at: expect.anything() });

  await expect
    .poll(async () => (await send("Check Deployment Status", created.id)).rollout.current_percentage)
    .toBe(10);
  const standing = await send("Check Deployment Status", created.id);
  expect(standing).toMatchObject({
    deployment: { id: created.id },
    status: "IN_PROGRESS",
    rollout: {
      current_percentage: 10,
      target_percentage: 30,
      current_step: 1,
      total_steps: 6,
      started_at: expect.anything(),
      next_increment_at: expect.anything(),
      estimated_completion_at: expect.anything(),
      progress_percentage: expect.any(Number),
    },
    current_metrics: { percentage: 10 },
  });

  const rolledBack = (await send("Rollback a Deployment", created.id)).deployment;
  expect(rolledBack).toMatchObject({
    id: created.id,
    status: "ROLLED_BACK",
    reason: "rolled back by local: Quality regression detected",
    completed_at: expect.anything(),
  });

  const { deployments } = await send("List Deployments", "");
  expect(deployments.map(({ id, status }: Answer) => [id, status])[0]).toEqual([created.id, "ROLLED_BACK"]);
  expect(deployments.at(-1)).toMatchObject({ to_version: 4, status: "COMPLETED" });
}

const removeGate = () => fetch(`${delos.server.url}/v1/gates/prompt-abc123-prod-gate`, { method: "DELETE" });

describe("the commands of the document", () => {
  test("do what they print, sent by a client that learns of the service by reflection", async () => {
    await throughTheDocument((title, id) => {
      const { method, request } = requestOf(title, id);
      return delos.call(method.replace("delos.deploy.v1.DeployService/", ""), request);
    });
    await removeGate();
  });

  test("do so by grpcurl itself, character by character", async ({ skip }) => {
    const run = promisify(execFile);
    const version = await run("grpcurl", ["--version"]).catch(() => null);
    if (version === null) skip("grpcurl is not on the PATH");
    await throughTheDocument(async (title, id) => {
      const command = COMMANDS[title]
        .replace("deployment-xyz", id)
        .replace("localhost:9005", delos.server.grpcAddress)
        // Its JSON has the names of the proto file's JSON mapping; the test knows the fields' own.
        .replace("grpcurl -plaintext", "grpcurl -plaintext -emit-defaults");
      const { stdout } = await run("bash", ["-c", command]);
      return snakeCase(JSON.parse(stdout));
    });
    await removeGate();
  });
});

/** `promptId` as `prompt_id`, at every depth; null is a message that was left out. */
function snakeCase(value: Answer): Answer {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) {
    const milliseconds = Date.parse(value);
    return { seconds: Math.floor(milliseconds / 1_000), nanos: (milliseconds % 1_000) * 1_000_000 };
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    snakeCase(inner),
  ]);
  return Object.fromEntries(entries);
}

describe("the strategies of the document", () => {
  test.each(STRATEGIES)("$type is taken as printed, and shown as taken", async (strategy) => {
    const request = { prompt_id: "prompt-abc123", to_version: 6, environment: "staging", strategy };
    const { deployment } = await delos.call("CreateDeployment", request);
    expect(deployment).toMatchObject({ status: "PENDING_APPROVAL", strategy });
    expect((await delos.call("CancelDeployment", { id: deployment.id })).deployment.status).toBe("CANCELLED");
  });
});

describe("the gate of the document", () => {
  test("is taken as printed; its latency is an average over the same dataset, and it decides", async () => {
    await delos.prompt("prompt-123", 3);
    await delos.serve("prompt-123", 1);
    const { quality_gate } = await delos.call("CreateQualityGate", QUALITY_GATE);
    expect(quality_gate).toMatchObject({
      name: "Production Quality Gate",
      conditions: [QUALITY_GATE.conditions[0], { type: "latency", operator: "lte", threshold: 500, metric: "meanMs" }],
    });
    const listed = await delos.call("ListQualityGates", { prompt_id: "prompt-123" });
    expect(listed.quality_gates).toEqual([quality_gate]);

    const deliver = (to_version: number) =>
      delos.call("CreateDeployment", {
        ...{ prompt_id: "prompt-123", to_version, environment: "production", skip_approval: true },
        strategy: { type: "DEPLOYMENT_TYPE_IMMEDIATE" },
      });
    const good = (await deliver(2)).deployment;
    expect(good.status).toBe("PENDING_GATES");
    await expect
      .poll(async () => (await delos.call("GetDeploymentStatus", { id: good.id })).gate_results)
      .toMatchObject([{ status: "GATE_STATUS_WAITING", passed: false }]);
    await delos.evaluate("prompt-123", 2, "golden-dataset", { score: 0.91, meanMs: 320 });
    await delos.until(good.id, "COMPLETED");
    expect((await delos.call("GetDeploymentStatus", { id: good.id })).gate_results).toMatchObject([
      {
        gate_id: quality_gate.id,
        gate_name: "Production Quality Gate",
        required: true,
        passed: true,
        condition_results: [
          {
            type: "eval_score",
            passed: true,
            expected: "gte 0.85",
            actual: "0.91",
            threshold: 0.85,
            actual_value: 0.91,
          },
          { type: "latency", passed: true, expected: "lte 500", actual: "320", message: expect.any(String) },
        ],
      },
    ]);

    await delos.evaluate("prompt-123", 3, "golden-dataset", { score: 0.8, meanMs: 900 });
    const bad = await delos.until((await deliver(3)).deployment.id, "GATES_FAILED");
    expect(bad.reason).toContain("prompt-123-production-quality-gate");
    expect((await delos.call("GetDeploymentStatus", { id: bad.id })).gate_results).toMatchObject([
      { passed: false, condition_results: [{ passed: false }, { passed: false, actual: "900" }] },
    ]);
  });
});
