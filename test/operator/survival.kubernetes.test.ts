import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SluiceError } from "@sluice/core";
import { createClient, createTransport, type KubeClient, loadKubeconfig } from "@sluice/runtimes/kubernetes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster, type TestCluster } from "../kubernetes/cluster.ts";
import { type PodRunner, startPodRunner } from "../kubernetes/pod-runner.ts";
import { COLLECTOR_IMAGE, operatorFor, pipelineYaml, prepareCluster, viewOf } from "./operator.fixture.ts";

/** A cluster whose API server may be killed, and whose nodes come and go. */
let cluster: TestCluster;
let runner: PodRunner;
/** A node that joins later; its kubelet is there already. */
let second: { metadata: { name: string; labels?: Record<string, string> }; status: object };
const children: ChildProcess[] = [];

beforeAll(async () => {
  cluster = await startCluster();
  runner = await startPodRunner(cluster, { nodes: [{ name: "first" }, { name: "second" }] });
  second = JSON.parse(await cluster.kubectl(["get", "node", "second", "-o", "json"]));
  await cluster.kubectl(["delete", "node", "second"]);
  await prepareCluster(cluster);
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await runner?.close();
  await cluster?.close();
});

async function namespace(name: string) {
  await cluster.kubectl(["create", "namespace", name]);
  await cluster.kubectl(["wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=60s"]);
  return viewOf(cluster, name);
}

const uids = (objects: readonly { metadata: { uid?: string } }[]) =>
  objects.map(({ metadata }) => metadata.uid).toSorted();

/** A client whose process dies at its `deaths`th write: `before` the API server hears of it, or when it has. */
function dyingClient(deaths: number, when: "before" | "after"): { client: KubeClient; died: () => boolean } {
  const client = createClient(
    createTransport({ config: loadKubeconfig({ files: [cluster.kubeconfig], context: null }) }),
  );
  let writes = 0;
  const isDead = (): boolean => writes >= deaths;
  const dying = async <T>(send: () => Promise<T>): Promise<T> => {
    const gone = (): never => {
      throw new SluiceError("unavailable", "this process is dead");
    };
    if (isDead()) return gone();
    writes += 1;
    if (!isDead()) return send();
    if (when === "after") await send();
    return gone();
  };
  return {
    died: isDead,
    client: {
      ...client,
      get requests() {
        return client.requests;
      },
      apply: (...args) => dying(() => client.apply(...args)),
      create: (...args) => dying(() => client.create(...args)),
      merge: (...args) => dying(() => client.merge(...args)),
      replace: (...args) => dying(() => client.replace(...args)),
      remove: (...args) => dying(() => client.remove(...args)),
    },
  };
}

// edge case 38
test("an operator that dies at any write leaves nothing that the next one does not bring to its end", async () => {
  const space = await namespace("crashes");
  let survived = false;
  for (let deaths = 1; !survived; deaths += 1) {
    for (const when of ["before", "after"] as const) {
      const name = `edge-${deaths}-${when}`;
      const { client, died } = dyingClient(deaths, when);
      const first = await operatorFor(cluster, "crashes", { client });
      await space.apply(pipelineYaml(name, {}));
      await expect
        .poll(async () => died() || (await space.pipeline(name))?.status?.phase === "Running", { interval: 20 })
        .toBe(true);
      survived = !died();
      await first.close();
      const second = await operatorFor(cluster, "crashes");
      await space.until(name, { phase: "Running", desired: 1, ready: 1, updated: 1 });
      const own = (await space.daemonSets()).filter(({ metadata }) => metadata.name === name);
      expect(own).toHaveLength(1);
      expect((await space.configMaps()).filter((one) => one.startsWith(`${name}-`))).toHaveLength(1);
      expect((await space.events(name)).filter(({ reason }) => reason === "Running").length).toBeLessThanOrEqual(1);
      await space.kubectl(["delete", "ppp", name, "--timeout=60s"]);
      await second.close();
    }
  }
  expect([await space.pods(), await space.configMaps()]).toEqual([[], []]);
}, 600_000);

test("an API server that dies and comes back is followed again, with what happened meanwhile", async () => {
  const space = await namespace("restarts");
  await using _ = await operatorFor(cluster, "restarts");
  await space.apply(pipelineYaml("edge", {}));
  await space.until("edge", { phase: "Running" });
  const before = uids(await space.pods());
  await cluster.stopApiServer();
  await cluster.startApiServer();
  await space.apply(pipelineYaml("edge", { parameters: { collect_host: false, interval_seconds: 21 } }));
  await space.until("edge", { phase: "Running", observedGeneration: 2, ready: 1, updated: 1 });
  expect(uids(await space.pods())).not.toEqual(before);
});

test("a node that joins gets its collector, and one that leaves is not waited for", async () => {
  const space = await namespace("nodes");
  await using _ = await operatorFor(cluster, "nodes");
  await space.apply(pipelineYaml("edge", {}));
  await space.until("edge", { phase: "Running", desired: 1 });
  const { name, labels } = second.metadata;
  await cluster.api.create("/api/v1/nodes", { metadata: { name, ...(labels && { labels }) } });
  await cluster.api.patch("/api/v1/nodes/second/status", { status: second.status });
  await space.until("edge", { phase: "Running", nodes: 2, desired: 2, ready: 2 });
  await cluster.kubectl(["delete", "node", "second"]);
  // A DaemonSet counts a lost node's pod until the cluster's collection of garbage comes by, a minute later.
  await space.until("edge", { phase: "Running", nodes: 1, desired: 1, ready: 1 }, 150_000);
});

/** `sluice operator`, as a process of its own. */
function operatorProcess(space: string): { child: ChildProcess; said: () => string } {
  const main = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
  const flags = ["--kubeconfig", cluster.kubeconfig, "--namespace", space, "--lease-namespace", space];
  const child = spawn(
    process.execPath,
    [main, "operator", ...flags, "--metrics-port", "0", "--collector-image", COLLECTOR_IMAGE],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  return { child, said: () => output };
}

/** A whole program is to be loaded, on a machine that may be busy. */
const STARTING = { timeout: 300_000 };

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once("exit", (code) => resolve(code));
  });

// edge case 40
test("of two operators one works; killed, the other takes over; told to stop, it gives the lease back", async () => {
  const space = await namespace("leaders");
  const lease = async () =>
    (
      await cluster.api.get<{ metadata: { name: string }; spec: { holderIdentity: string; leaseTransitions: number } }>(
        "/apis/coordination.k8s.io/v1/namespaces/leaders/leases/sluice-operator",
      )
    )?.spec;
  const first = operatorProcess("leaders");
  await expect.poll(first.said, STARTING).toContain("this operator leads");
  const holder = (await lease())?.holderIdentity;
  const second = operatorProcess("leaders");
  await expect.poll(second.said, STARTING).toContain("the operator runs");
  await space.apply(pipelineYaml("edge", {}));
  await space.until("edge", { phase: "Running" });
  expect(second.said()).not.toContain("this operator leads");
  first.child.kill("SIGKILL");
  await exitOf(first.child);
  await space.apply(pipelineYaml("edge", { parameters: { collect_host: false, interval_seconds: 22 } }));
  await expect.poll(second.said).toContain("this operator leads");
  expect((await lease())?.holderIdentity).not.toBe(holder);
  await space.until("edge", { phase: "Running", observedGeneration: 2, updated: 1 });
  second.child.kill("SIGTERM");
  expect(await exitOf(second.child)).toBe(0);
  expect(await lease()).toMatchObject({ holderIdentity: "", leaseTransitions: 2 });
}, 600_000);
