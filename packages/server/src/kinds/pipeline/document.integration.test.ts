import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OTELCOL, type PipelineServer, startPipelineServer, WITHOUT_OTELCOL } from "./testing/pipeline.server.ts";

/**
 * Every request that the document of pipelines prints, in its order, as printed, against a fresh server; every field that it
 * prints of an answer is there, and of the printed type. Ids, counts and times are those of this machine.
 */
const DEPLOY = {
  pipeline_name: "process-topk-v1",
  deployment_name: "production-topk-deployment",
  target_nodes: { environment: "production", tier: "frontend" },
  namespace: "phoenix-prod",
  parameters: { top_k: 20, critical_processes: ["nginx", "envoy", "app-server"] },
  replicas: 3,
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
};

const UPDATE = { parameters: { top_k: 25 }, resources: { limits: { memory: "1Gi" } } };

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const id = expect.stringMatching(/^dep_/);
const count = expect.any(Number);
const nodes = { environment: "production", tier: "frontend" };
const BASE = "/api/v1/pipelines/deployments";

describe.skipIf(OTELCOL === null)(`the document's requests, as printed (${OTELCOL ?? WITHOUT_OTELCOL})`, () => {
  let server: PipelineServer;
  let deployment = "";

  beforeAll(async () => {
    server = await startPipelineServer();
  });
  afterAll(() => server?.clear());

  test("1: deploy a pipeline", async () => {
    const answer = await server.call<{ deployment_id: string }>("POST", BASE, DEPLOY);
    expect(answer).toMatchObject({
      deployment_id: id,
      status: "deploying",
      pipeline_name: "process-topk-v1",
      deployment_name: "production-topk-deployment",
      created_at: time,
      target_nodes: nodes,
    });
    deployment = answer.deployment_id;
    await server.until(deployment, ({ status }) => status === "active");
  });

  test("2: list pipeline deployments", async () => {
    expect(await server.call("GET", `${BASE}?namespace=phoenix-prod&status=active`)).toMatchObject({
      deployments: [
        {
          deployment_id: deployment,
          deployment_name: "production-topk-deployment",
          pipeline_name: "process-topk-v1",
          status: "active",
          namespace: "phoenix-prod",
          target_nodes: nodes,
          created_at: time,
          updated_at: time,
        },
      ],
      total: 1,
      page: 1,
      per_page: 20,
    });
  });

  test("3: get the deployment's status", async () => {
    const answer = await server.until(
      deployment,
      ({ metrics }) => metrics.cardinality > 0 && metrics.throughput !== "0/min",
    );
    expect(answer).toMatchObject({
      deployment_id: deployment,
      deployment_name: "production-topk-deployment",
      pipeline_name: "process-topk-v1",
      status: "active",
      phase: "running",
      namespace: "phoenix-prod",
      target_nodes: nodes,
      instances: { desired: 3, ready: 3, updated: 3 },
      metrics: {
        cardinality: count,
        throughput: expect.stringMatching(/^\d+(\.\d)?[KMB]?\/min$/),
        error_rate: count,
      },
      created_at: time,
      updated_at: time,
    });
  });

  test("4: update the deployment; what it does not name stays", async () => {
    expect(await server.call("PATCH", `${BASE}/${deployment}`, UPDATE)).toMatchObject({
      deployment_id: deployment,
      status: "updating",
      message: "Rolling update initiated",
    });
    const after = await server.until(deployment, ({ status }) => status === "active");
    expect(after).toMatchObject({
      message: null,
      parameters: { top_k: 25, critical_processes: ["nginx", "envoy", "app-server"] },
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "1Gi" } },
    });
  });

  test("what was done is in the history and in the audit", async () => {
    const { history } = await server.call<{ history: unknown[] }>("GET", `${BASE}/${deployment}/history`);
    expect(history).toMatchObject([
      { revision: 2, from_revision: 1, parameters: { top_k: 25 }, phase: "completed" },
      { revision: 1, from_revision: null, parameters: { top_k: 20 }, phase: "completed" },
    ]);
    const { items } = await server.call<{ items: { action: string }[] }>("GET", `${BASE}/${deployment}/audit`);
    expect(items.map(({ action }) => action)).toEqual(["deployment.update", "deployment.create"]);
  });

  test("its metrics are counted", async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('phoenix_deployment_total{status="completed",namespace="phoenix-prod"} 2');
    expect(text).toContain('phoenix_deployment_duration_seconds_count{namespace="phoenix-prod"} 2');
    expect(text).toContain("# TYPE phoenix_deployment_errors_total counter");
  });

  test("5: delete the deployment", async () => {
    expect(await server.call("DELETE", `${BASE}/${deployment}`)).toMatchObject({
      deployment_id: deployment,
      status: "deleting",
      message: "Deployment removal initiated",
    });
    const gone = await server.until(deployment, ({ deleted_at }) => deleted_at !== null);
    expect(gone).toMatchObject({ status: "deleted", phase: "removed", deleted_at: time });
    expect(await server.call("GET", `${BASE}?namespace=phoenix-prod`)).toMatchObject({ deployments: [], total: 0 });
    expect(await server.call("GET", `${BASE}?namespace=phoenix-prod&status=deleted`)).toMatchObject({ total: 1 });
    expect(await server.call("GET", `${BASE}/${deployment}/history`)).toMatchObject({ history: [{}, {}] });
  });
});
