import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServerProcess, serverProcess } from "../../packages/server/src/testing/server.process.ts";
import { pushImage } from "../kubernetes/pod-runner/images.ts";
import { sharedCluster, temporaryNamespace } from "../kubernetes/shared.ts";
import { OTELCOL, WITHOUT_OTELCOL } from "../otelcol/find.ts";
import { operatorFor, prepareCluster, viewOf } from "./operator.fixture.ts";

/** Every request that the document of pipelines prints, as printed, against a server whose production is a cluster. */
const BASE = "/api/v1/pipelines/deployments";
const NODES = { environment: "production", tier: "frontend" };
const DEPLOY = {
  pipeline_name: "process-topk-v1",
  deployment_name: "production-topk-deployment",
  target_nodes: NODES,
  namespace: "phoenix-prod",
  parameters: { top_k: 20, critical_processes: ["nginx", "envoy", "app-server"] },
  replicas: 3,
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
};
const UPDATE = { parameters: { top_k: 25 }, resources: { limits: { memory: "1Gi" } } };
const IMAGE = "test/otelcol:1";
const MINUTES = 60_000;

interface Detail {
  status: string;
  phase: string;
  message: string | null;
  instances: { desired: number; ready: number; updated: number };
  metrics: { cardinality: number; throughput: string };
}

describe.skipIf(OTELCOL === null)(`pipelines of a server in a cluster (${OTELCOL ?? WITHOUT_OTELCOL})`, () => {
  const cluster = sharedCluster();
  const ends = new AsyncDisposableStack();
  let server: ServerProcess;
  let view: ReturnType<typeof viewOf>;
  let id = "";

  beforeAll(async () => {
    await prepareCluster(cluster);
    const program = fileURLToPath(new URL("../../packages/collector/src/main.ts", import.meta.url));
    const path = [dirname(OTELCOL ?? ""), dirname(process.execPath), "/usr/bin", "/bin"].join(":");
    const command = [process.execPath, "--disable-warning=ExperimentalWarning", program];
    await pushImage(cluster.api, IMAGE, { command, env: { PATH: path } });
    const namespace = ends.use(await temporaryNamespace(cluster));
    view = viewOf(cluster, namespace.name);
    await cluster.kubectl(["label", "node", "node-0", "environment=production", "tier=frontend", "--overwrite"]);
    ends.defer(async () => void (await cluster.kubectl(["label", "node", "node-0", "environment-", "tier-"])));
    ends.use(await operatorFor(cluster, namespace.name, { collector: { image: IMAGE } }));
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-seed-"));
    server = await serverProcess(dataDir, { SLUICE_KUBECONFIG: cluster.kubeconfig });
    ends.defer(async () => {
      await server.kill();
      await server.down();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    });
    await server.start();
    await server.call("POST", "/v1/projects", { name: "phoenix-prod" });
    const targets = [{ type: "kubernetes", namespace: namespace.name }];
    await server.call("PUT", "/v1/environments/production?project=phoenix-prod", { tier: "production", targets });
  });
  afterAll(() => ends.disposeAsync());

  const detail = (): Promise<Detail> => server.call("GET", `${BASE}/${id}`);
  const settled = () => expect.poll(detail, { timeout: 5 * MINUTES, interval: 500 });

  test(
    "1 and 2: deployed, it is a resource of the operator, with a collector for each replica on each node",
    async () => {
      const answer = await server.call<{ deployment_id: string }>("POST", BASE, DEPLOY);
      expect(answer).toMatchObject({
        deployment_id: expect.stringMatching(/^dep_/),
        status: "deploying",
        target_nodes: NODES,
      });
      id = answer.deployment_id;
      await settled().toMatchObject({ status: "active", phase: "running", message: null });
      expect(await server.call("GET", `${BASE}?namespace=phoenix-prod&status=active`)).toMatchObject({
        deployments: [{ deployment_id: id, status: "active", target_nodes: NODES }],
        total: 1,
      });
      const [pod] = await view.pods();
      expect(pod?.spec.nodeName).toBe("node-0");
      const listed = await view.kubectl(["get", "ppp", "-L", "phoenix.io/deployment-type"]);
      expect(listed).toMatch(/process-topk-v1 +production +Running +3 +3 +3 +\S+ +direct/);
    },
    6 * MINUTES,
  );

  test(
    "3: its status has counts of the cluster and figures of the collectors",
    async () => {
      await expect.poll(async () => (await detail()).metrics.cardinality, { timeout: MINUTES }).toBeGreaterThan(0);
      expect(await detail()).toMatchObject({
        instances: { desired: 3, ready: 3, updated: 3 },
        metrics: { throughput: expect.stringMatching(/^\d+(\.\d)?[KMB]?\/min$/), error_rate: expect.any(Number) },
        nodes: [{ node: "node-0", ready: 3, updated: 3 }],
      });
    },
    2 * MINUTES,
  );

  test(
    "4: updated, another resource takes over, and the one of before goes",
    async () => {
      expect(await server.call("PATCH", `${BASE}/${id}`, UPDATE)).toMatchObject({
        status: "updating",
        message: "Rolling update initiated",
      });
      await settled().toMatchObject({
        ...{ status: "active", phase: "running", message: null },
        parameters: { top_k: 25, critical_processes: ["nginx", "envoy", "app-server"] },
        resources: { limits: { cpu: "500m", memory: "1Gi" } },
        instances: { desired: 3, ready: 3, updated: 3 },
      });
    },
    6 * MINUTES,
  );

  test("nodes that no label of the cluster means are refused, with the nodes that there are", async () => {
    const nowhere = { ...DEPLOY, deployment_name: "nowhere", target_nodes: { tier: "moon" } };
    await expect(server.call("POST", BASE, nowhere)).rejects.toThrow(/no node meets the selector tier=moon.*node-0/s);
  });

  test(
    "5: deleted, nothing of it is left in the cluster",
    async () => {
      expect(await server.call("DELETE", `${BASE}/${id}`)).toMatchObject({ status: "deleting" });
      await settled().toMatchObject({ status: "deleted", phase: "removed" });
      await expect
        .poll(async () => [await view.pods(), await view.daemonSets(), await view.configMaps()])
        .toEqual([[], [], []]);
      expect(await view.kubectl(["get", "ppp", "-o", "name"])).toBe("");
    },
    3 * MINUTES,
  );
});
