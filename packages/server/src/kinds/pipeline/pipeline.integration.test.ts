import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { PipelineDetail } from "./pipeline.schema.ts";
import {
  message,
  OTELCOL,
  type PipelineServer,
  startPipelineServer,
  WITHOUT_OTELCOL,
} from "./testing/pipeline.server.ts";

const BASE = "/api/v1/pipelines/deployments";

/** Only what tests send, so that figures do not depend on what else the machine does. */
const QUIET = { collect_host: false, refresh_seconds: 1, interval_seconds: 1 };

describe.skipIf(OTELCOL === null)(
  `pipelines on a real server and real collectors (${OTELCOL ?? WITHOUT_OTELCOL})`,
  () => {
    let server: PipelineServer;

    beforeAll(async () => {
      server = await startPipelineServer();
      for (const name of ["web-1", "web-2"])
        await server.call("POST", "/v1/nodes", { name, labels: { environment: "development", tier: "web" } });
    });
    afterAll(() => server?.clear());

    async function deploy(name: string, body: object): Promise<string> {
      const { deployment_id } = await server.call<{ deployment_id: string }>("POST", BASE, {
        pipeline_name: "process-topk-v1",
        deployment_name: name,
        namespace: "default",
        environment: "development",
        target_nodes: { tier: "web" },
        ...body,
      });
      return deployment_id;
    }

    /** Answers `taken`, or what was said instead. */
    const send = async (endpoint: string | null, body: object): Promise<string> => {
      const response = await fetch(`${endpoint}/v1/metrics`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const said = await response.text();
      return response.ok ? "taken" : `${response.status}: ${said}`;
    };

    test("a collector keeps the programs that use most, and drops the others", async () => {
      const id = await deploy("reduces", {
        selector: "tier=web,environment=development",
        target_nodes: {},
        parameters: { ...QUIET, top_k: 2, critical_processes: ["sshd"] },
        pipeline_name: "process-topk-v1",
      });
      const { endpoint, instances } = await server.settled(id);
      expect(instances).toEqual({ desired: 2, ready: 2, updated: 2 });
      const use = { busy: 900, middling: 500, idle: 1, idler: 0, sshd: 0 };
      let round = 1;
      await expect
        .poll(async () => {
          // What it passes it has chosen from what it saw, so the same is sent until it has.
          round += 1;
          for (let sent = 0; sent < 4; sent += 1) expect(await send(endpoint, message(use, round))).toBe("taken");
          return programsOf(server, id);
        })
        .toEqual(["busy", "middling", "sshd"]);
      const { metrics, nodes } = await server.get(id);
      expect(metrics.cardinality).toBeGreaterThan(0);
      expect(metrics.error_rate).toBe(0);
      expect(nodes.map(({ node }) => node)).toEqual(["web-1", "web-2"]);
    });

    test("an update goes node by node: none is ever without a collector, and no message is lost", async () => {
      const id = await deploy("rolls", { parameters: { ...QUIET, top_k: 5 } });
      const before = await server.settled(id);
      let sending = true;
      const answers: string[] = [];
      const sender = (async () => {
        while (sending) answers.push(await send(before.endpoint, message({ nginx: 1 }, answers.length)));
      })();
      const { message: said } = await server.call<{ message: string }>("PATCH", `${BASE}/${id}`, {
        parameters: { top_k: 6 },
      });
      expect(said).toBe("Rolling update initiated");
      const seen: PipelineDetail[] = [];
      await server.until(id, (now) => {
        seen.push(now);
        return now.status === "active";
      });
      sending = false;
      await sender;
      expect(seen.every(({ instances }) => instances.ready >= instances.desired)).toBe(true);
      expect(seen.some(({ instances }) => instances.updated === 1)).toBe(true);
      expect([...new Set(answers)]).toEqual(["taken"]);
      expect(answers.length).toBeGreaterThan(5);
      // The collectors of the revision before are kept for a minute, and measure no more.
      await expect
        .poll(async () => (await server.get(id)).nodes)
        .toEqual(["web-1", "web-2"].map((node) => ({ node, ready: 1, updated: 1 })));
    });

    test("an update whose data reaches nobody is rolled back, and says why", async () => {
      const id = await deploy("breaks", { parameters: { ...QUIET, collect_host: true, top_k: 5 } });
      await server.settled(id);
      await server.call("PATCH", `${BASE}/${id}`, {
        parameters: { export_to: "http://127.0.0.1:9" },
        strategy: { type: "immediate", monitoringSeconds: 90 },
      });
      const after = await server.until(
        id,
        ({ status, parameters }) => status === "active" && !("export_to" in parameters),
      );
      expect(after.message).toContain("nothing leaves the collector by its exporter otlp_http/destination");
      const { history } = await server.call<{ history: object[] }>("GET", `${BASE}/${id}/history`);
      expect(history).toMatchObject([
        { revision: 2, phase: "rolled_back" },
        { revision: 1, phase: "completed" },
      ]);
      const alerts = await fetch(`${server.url}/v1/events?deployment=${id}&alert=true`, {
        headers: { accept: "application/json" },
      });
      expect(((await alerts.json()) as { items: object[] }).items).not.toEqual([]);
    });

    test("a configuration that the collector refuses never starts", async () => {
      await server.call("POST", "/v1/artifacts", { name: "own", kind: "pipeline" });
      const good = {
        receivers: { otlp: { protocols: { http: { endpoint: "$" + "{env:SLUICE_OTLP_HTTP}" } } } },
        exporters: { debug: { verbosity: "{{verbosity}}" } },
        service: { pipelines: { metrics: { receivers: ["otlp"], exporters: ["debug"] } } },
      };
      const parametersSchema = {
        type: "object",
        properties: { verbosity: { type: "string" } },
        required: ["verbosity"],
      };
      await server.call("POST", "/v1/artifacts/own/versions", {
        version: "1",
        spec: { config: good, parametersSchema },
      });
      const id = await deploy("own", { pipeline_name: "own", parameters: { verbosity: "basic" } });
      expect(await server.settled(id)).toMatchObject({ status: "active", version: "1" });
      await server.call("PATCH", `${BASE}/${id}`, { parameters: { verbosity: "deafening" } });
      const after = await server.until(id, ({ status, message: why }) => status === "active" && why !== null);
      expect(after).toMatchObject({ parameters: { verbosity: "basic" }, instances: { ready: 2 } });
      expect(after.message).toContain("collector-configuration (critical)");
    });

    test("what leaves arrives where it is to go, and nodes that come get collectors", async () => {
      const bodies: string[] = [];
      const receiver = createServer((request, response) => {
        let text = "";
        request.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        request.on("end", () => {
          bodies.push(`${request.url} ${text.length}`);
          response.setHeader("content-type", "application/json").end("{}");
        });
      });
      await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void receiver.closeAllConnections());
      onTestFinished(() => void receiver.close());
      const address = receiver.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const id = await deploy("exports", {
        pipeline_name: "process-baseline-v1",
        selector: "zone=new",
        target_nodes: { tier: "edge" },
        parameters: { interval_seconds: 1, export_to: `http://127.0.0.1:${port}` },
      }).catch((error: unknown) => String(error));
      expect(id).toContain("no node meets the selector tier=edge,zone=new");
      expect(id).toContain("web-1 (environment=development,tier=web)");
      await server.call("POST", "/v1/nodes", { name: "edge-1", labels: { tier: "edge", zone: "new" } });
      const made = await deploy("exports", {
        pipeline_name: "process-baseline-v1",
        target_nodes: { tier: "edge" },
        parameters: { interval_seconds: 1, export_to: `http://127.0.0.1:${port}` },
      });
      expect(await server.settled(made)).toMatchObject({ instances: { desired: 1, ready: 1 } });
      await expect.poll(() => bodies.length).toBeGreaterThan(0);
      expect(bodies[0]).toMatch(/^\/v1\/metrics \d+$/);
      await server.call("POST", "/v1/nodes", { name: "edge-2", labels: { tier: "edge", zone: "new" } });
      await server.until(made, ({ nodes }) => nodes.map(({ node }) => node).join() === "edge-1,edge-2");
      await fetch(`${server.url}/v1/nodes/edge-1`, { method: "DELETE" });
      await server.until(
        made,
        ({ nodes, instances }) => nodes.map(({ node }) => node).join() === "edge-2" && instances.desired === 1,
      );
    });

    test("a collector that is killed comes back, and so does a server that is killed; deleting leaves nothing", async () => {
      const id = await deploy("survives", { parameters: { ...QUIET, top_k: 3 } });
      await server.settled(id);
      const [killed] = await collectorsOf(server, id);
      if (killed === undefined) throw new Error("no collector runs");
      process.kill(killed, "SIGKILL");
      await expect.poll(async () => (await collectorsOf(server, id)).includes(killed)).toBe(false);
      await server.until(id, ({ instances, nodes }) => instances.ready === 2 && nodes.length === 2);
      const running = await collectorsOf(server, id);
      await server.kill();
      expect(await collectorsOf(server, id)).toEqual(running);
      await server.start();
      const after = await server.until(id, ({ nodes, status }) => nodes.length === 2 && status === "active");
      expect(await collectorsOf(server, id)).toEqual(running);
      expect(await send(after.endpoint, message({ nginx: 1 }, 1))).toBe("taken");
      await server.call("DELETE", `${BASE}/${id}`);
      await server.until(id, ({ deleted_at }) => deleted_at !== null);
      await expect.poll(() => collectorsOf(server, id)).toEqual([]);
      await expect.poll(async () => (await readdir(join(server.dataDir, "pipelines"))).includes(id)).toBe(false);
    });
  },
);

/** Programs whose series leave the collectors of a deployment, as their instances show them. */
async function programsOf(server: PipelineServer, id: string): Promise<string[]> {
  const { items } = await server.call<{ items: { address: { port: number } | null; state: string }[] }>(
    "GET",
    `/v1/deployments/${id}/instances`,
  );
  const texts = await Promise.all(
    items.map(async ({ address }) => (await fetch(`http://127.0.0.1:${address?.port}/metrics`)).text()),
  );
  const found = texts.join("\n").matchAll(/process_executable_name="([^"]*)"/g);
  return [...new Set([...found].map(([, name]) => name ?? ""))].toSorted();
}

/** Pids of the processes that run a collector of the deployment, read from the kernel. */
async function collectorsOf({ dataDir }: PipelineServer, id: string): Promise<number[]> {
  const folder = join(dataDir, "instances", id);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      command: await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
    })),
  );
  return commands
    .filter(({ command }) => command.includes("otelcol") && command.includes(folder))
    .map(({ pid }) => pid)
    .toSorted((left, right) => left - right);
}
