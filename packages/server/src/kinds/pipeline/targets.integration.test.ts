import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeploymentView } from "../../deployment/deployment.schema.ts";
import type { PipelineDetail } from "./pipeline.schema.ts";
import { OTELCOL, type PipelineServer, startPipelineServer, WITHOUT_OTELCOL } from "./testing/pipeline.server.ts";

const BASE = "/api/v1/pipelines/deployments";
const ENVIRONMENT = "abroad";

/** Two nodes at each of two targets, which are this machine. */
const EVERYWHERE = ["eu", "us"].flatMap((target) => ["web-1", "web-2"].map((node) => ({ node, target, ready: 1 })));

/** All nodes of a target at once: what goes from target to target is another matter. */
const AT_ONCE = { type: "immediate", keepStableSeconds: 0 };

describe.skipIf(OTELCOL === null)(
  `a pipeline at several targets, on a real server and real collectors (${OTELCOL ?? WITHOUT_OTELCOL})`,
  () => {
    let server: PipelineServer;

    beforeAll(async () => {
      server = await startPipelineServer();
      for (const name of ["web-1", "web-2"]) await addNode(name);
      const targets = ["eu", "us"].map((name) => ({ type: "process", name }));
      await server.call("PUT", `/v1/environments/${ENVIRONMENT}`, { tier: "custom", targets });
    });
    afterAll(() => server?.clear());

    const addNode = (name: string, labels: object = { tier: "web" }) =>
      server.call("POST", "/v1/nodes", { name, labels });

    async function deploy(name: string, body: object = {}): Promise<string> {
      const { deployment_id } = await server.call<{ deployment_id: string }>("POST", BASE, {
        pipeline_name: "process-topk-v1",
        deployment_name: name,
        namespace: "default",
        environment: ENVIRONMENT,
        target_nodes: { tier: "web" },
        parameters: { collect_host: false, refresh_seconds: 1, interval_seconds: 1, top_k: 2 },
        ...body,
      });
      return deployment_id;
    }

    const update = async (id: string, parameters: object): Promise<string> => {
      const body = { parameters, strategy: AT_ONCE };
      const { rollout_id } = await server.call<{ rollout_id: string }>("PATCH", `${BASE}/${id}`, body);
      return rollout_id;
    };
    const membersOf = async (id: string) =>
      (await server.call<DeploymentView>("GET", `/v1/deployments/${id}`)).members ?? [];
    const revisionsOf = async (id: string) => (await membersOf(id)).map(({ revision }) => revision);
    const statesOf = async (rollout: string) =>
      (await server.call<{ members: { state: string }[] }>("GET", `/v1/rollouts/${rollout}`)).members.map(
        ({ state }) => state,
      );
    const isBack = ({ status, parameters }: PipelineDetail) => status === "active" && parameters.top_k === 2;

    test("goes from target to target though the server is killed, told as one with the nodes of each, and comes back as one", async () => {
      const id = await deploy("traveller");
      const served = await server.settled(id);
      expect(served).toMatchObject({ status: "active", instances: { desired: 4, ready: 4, updated: 4 } });
      await expect.poll(async () => (await server.get(id)).nodes).toMatchObject(EVERYWHERE);
      const rollout = await update(id, { top_k: 3 });
      await expect.poll(async () => (await statesOf(rollout))[0], { timeout: 90_000 }).toBe("done");
      await server.kill();
      await server.start();
      await server.until(id, ({ status, parameters }) => status === "active" && parameters.top_k === 3);
      expect(await revisionsOf(id)).toEqual([2, 2]);

      await server.call("POST", `${BASE}/${id}/rollback`, { reason: "too many series" });
      await server.kill();
      await server.start();
      await server.until(id, isBack);
      expect(await revisionsOf(id)).toEqual([1, 1]);
      await expect.poll(async () => (await server.get(id)).nodes).toMatchObject(EVERYWHERE);
      // One view: neither what went on at single targets nor the members are told of beside it.
      const { history } = await server.call<{ history: object[] }>("GET", `${BASE}/${id}/history`);
      expect(history).toMatchObject([{ revision: 1 }, { revision: 2 }, { revision: 1 }]);
      const { total } = await server.call<{ total: number }>("GET", `${BASE}?environment=${ENVIRONMENT}`);
      expect(total).toBe(1);
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      const ended = metrics.matchAll(/^phoenix_deployment_total\{.*\} (\d+)$/gm);
      expect([...ended].reduce((sum, [, count]) => sum + Number(count), 0)).toBe(3);
    });

    test("whose collectors do not work is taken back at the first target, and never comes to the second", async () => {
      const id = await deploy("careful");
      await server.settled(id);
      const rollout = await server
        .call<{ rollout_id: string }>("PATCH", `${BASE}/${id}`, {
          parameters: { export_to: "http://127.0.0.1:9", collect_host: true },
          strategy: { type: "immediate", monitoringSeconds: 90 },
        })
        .then(({ rollout_id }) => rollout_id);
      const after = await server.until(
        id,
        ({ status, parameters, rollout_id }) =>
          rollout_id === null && status === "active" && !("export_to" in parameters),
      );
      expect(after.message).toMatch(/^target eu: /);
      const { members } = await server.call<{ members: { target: string; rollout: string | null }[] }>(
        "GET",
        `/v1/rollouts/${rollout}`,
      );
      expect(members).toMatchObject([{ target: "eu" }, { target: "us", rollout: null }]);
      expect(await revisionsOf(id)).toEqual([1, 1]);
      await server.call("DELETE", `${BASE}/${id}`);
      await server.until(id, ({ deleted_at }) => deleted_at !== null);
    });

    test("gets collectors at every target for a node that comes, and its replicas on each node", async () => {
      const id = await deploy("grows", { target_nodes: { tier: "edge" } }).catch(String);
      expect(id).toContain("target eu: no node meets the selector tier=edge");
      await addNode("edge-1", { tier: "edge" });
      const made = await deploy("grows", { target_nodes: { tier: "edge" } });
      await server.settled(made);
      await addNode("edge-2", { tier: "edge" });
      await server.until(made, ({ instances, nodes }) => instances.ready === 4 && nodes.length === 4);
      await server.call("PATCH", `${BASE}/${made}`, { replicas: 2 });
      await server.until(made, ({ instances }) => instances.desired === 8 && instances.ready === 8);
      // Each target has its own plan, which its collectors read.
      for (const { id: member } of await membersOf(made)) {
        const plan = JSON.parse(await readFile(join(server.dataDir, "pipelines", member, "plan.json"), "utf8"));
        expect(plan).toMatchObject({ nodes: ["edge-1", "edge-2"], replicas: 2 });
      }
    });
  },
);
