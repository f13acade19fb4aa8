import { beforeAll, expect, test } from "vitest";
import { sharedCluster, temporaryNamespace } from "../kubernetes/shared.ts";
import { operatorFor, pipelineYaml, prepareCluster, viewOf } from "./operator.fixture.ts";

const cluster = sharedCluster();

beforeAll(() => prepareCluster(cluster));

async function inNamespace() {
  await using starting = new AsyncDisposableStack();
  const namespace = starting.use(await temporaryNamespace(cluster));
  const operator = starting.use(await operatorFor(cluster, namespace.name));
  const running = starting.move();
  return {
    ...viewOf(cluster, namespace.name),
    operator,
    namespace: namespace.name,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

test("a pipeline becomes a collector on every node, with its configuration, and says so", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", {}));
  const status = await space.until("edge", { phase: "Running", desired: 2, ready: 2, updated: 2, nodes: 2 });
  expect(status.conditions).toMatchObject([
    { type: "Accepted", status: "True", observedGeneration: 1 },
    { type: "Ready", status: "True", reason: "AllReady" },
    { type: "Progressing", status: "False" },
    { type: "Reconciling", status: "False" },
    { type: "Stalled", status: "False" },
  ]);
  const pods = await space.pods();
  expect(pods.map(({ spec }) => spec.nodeName).toSorted()).toEqual(["node-0", "node-1"]);
  expect(pods[0]?.metadata.labels).toMatchObject({ "phoenix.io/deployment-type": "direct" });
  const about = await (await fetch(`http://${pods[0]?.status.podIP}:8080/`)).json();
  expect(about).toMatchObject({ replica: 0, content: { collector: { service: {} }, otelcol: "otelcol" } });
  expect(await space.kubectl(["get", "ppp"])).toMatch(/edge +process-baseline-v1 +production +Running +2 +2 +2/);
  // Told when the status is written, and not before.
  await expect
    .poll(async () => (await space.events("edge")).map(({ reason }) => reason))
    .toEqual(expect.arrayContaining(["Creating", "Running"]));
  const metrics = await (await fetch(`http://127.0.0.1:${space.operator.port}/metrics`)).text();
  expect(metrics).toContain("sluice_operator_leader 1");
  expect(metrics).toMatch(/sluice_operator_reconcile_seconds_count\{controller="pipelines",outcome="done"\} \d/);
  const ready = async () => (await fetch(`http://127.0.0.1:${space.operator.port}/readyz`)).status;
  await expect.poll(ready).toBe(200);
});

test("another configuration replaces collectors node by node, and what nobody reads any more goes", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", {}));
  const before = await space.until("edge", { phase: "Running", ready: 2 });
  const [first = ""] = await space.configMaps();
  const seen: number[] = [];
  const watching = new AbortController();
  const watch = cluster.api.follow<{ metadata: { name: string }; status?: { numberReady: number } }>(
    `/apis/apps/v1/namespaces/${space.namespace}/daemonsets`,
    watching.signal,
    ({ object }) => seen.push(object.status?.numberReady ?? 0),
  );
  await space.apply(pipelineYaml("edge", { parameters: { collect_host: false, interval_seconds: 20 } }));
  await expect.poll(async () => (await space.pipeline("edge"))?.status?.digest).not.toBe(before.digest);
  const after = await space.until("edge", { phase: "Running", observedGeneration: 2, ready: 2, updated: 2 });
  expect(after.digest).not.toBe(before.digest);
  // maxUnavailable is 1: never were both nodes without a collector at once.
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(1);
  await expect.poll(() => space.configMaps()).toHaveLength(1);
  expect(await space.configMaps()).not.toContain(first);
  expect((await space.events("edge")).map(({ reason }) => reason)).toContain("Updating");
  watching.abort();
  await watch;
});

test("a spec that cannot be is told with its field, and what runs goes on", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", {}));
  await space.until("edge", { phase: "Running" });
  const pods = (await space.pods()).map(({ metadata }) => metadata.uid).toSorted();
  await space.apply(pipelineYaml("edge", { parameters: { interval_seconds: "often" } }));
  const status = await space.until("edge", { phase: "Invalid", observedGeneration: 2, ready: 2 });
  expect(status.message).toContain("spec.parameters.interval_seconds");
  expect(status.conditions).toContainEqual(
    expect.objectContaining({ type: "Accepted", status: "False", reason: "InvalidSpec" }),
  );
  expect((await space.pods()).map(({ metadata }) => metadata.uid).toSorted()).toEqual(pods);
  const [warning] = (await space.events("edge")).filter(({ type }) => type === "Warning");
  expect(warning).toMatchObject({ reason: "InvalidSpec", note: expect.stringContaining("interval_seconds") });
});

test.each([
  [{ pipeline: "no-such-pipeline" }, "no-such-pipeline"],
  [{ selector: "a b c" }, "spec.selector"],
])("%j is refused with what is wrong", async (spec, words) => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", spec));
  expect((await space.until("edge", { phase: "Invalid" })).message).toContain(words);
  expect(await space.daemonSets()).toEqual([]);
});

test.each([
  [{ pipeline: "process-baseline-v1", config: { service: {} } }, "exactly one of `pipeline` and `config`"],
  [{ variant: "best" }, "Unsupported value"],
  [{ replicas: 0 }, "should be greater than or equal to 1"],
  [{ colour: "blue" }, "unknown field|field not declared in schema"],
])("the cluster itself refuses %j", async (spec, words) => {
  await using space = await inNamespace();
  await expect(space.apply(pipelineYaml("edge", spec))).rejects.toThrow(new RegExp(words));
});

test("collectors that fall over are told of in their own words", async () => {
  await using space = await inNamespace();
  const config = { receivers: {}, exporters: { "fall-over": {} }, service: { pipelines: {} } };
  await space.apply(pipelineYaml("edge", { pipeline: undefined, config }));
  const status = await space.until("edge", { phase: "Degraded", ready: 0 });
  expect(status.message).toContain("this configuration cannot be run");
  await space.apply(pipelineYaml("edge", { config: undefined, pipeline: "process-baseline-v1" }));
  await space.until("edge", { phase: "Running", ready: 2 });
});

test("an image that cannot be pulled is named", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", { image: "example/missing:1" }));
  expect((await space.until("edge", { phase: "Degraded" })).message).toMatch(/example\/missing:1/);
});

test("what somebody changes or deletes is mended", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", {}));
  await space.until("edge", { phase: "Running" });
  await space.kubectl(["set", "image", "daemonset/edge", "collector=somebody/else:1"]);
  const imageOf = async () => JSON.stringify((await space.daemonSets())[0]?.spec.template.spec);
  await expect.poll(imageOf).toContain("test/collector:1");
  await space.kubectl(["label", "daemonset/edge", "app.kubernetes.io/name=other", "--overwrite"]);
  const labelsOf = async () => (await space.daemonSets())[0]?.metadata.labels;
  await expect.poll(labelsOf).toMatchObject({ "app.kubernetes.io/name": "sluice-collector" });
  const [before] = await space.daemonSets();
  await space.kubectl(["delete", "daemonset", "edge"]);
  await expect
    .poll(async () => (await space.daemonSets())[0]?.metadata.uid ?? before?.metadata.uid)
    .not.toBe(before?.metadata.uid);
  await space.until("edge", { phase: "Running", ready: 2 });
});

// edge case 44
test("an object of that name that is somebody else's is left alone, and named", async () => {
  await using space = await inNamespace();
  const labels = { app: "theirs" };
  await space.apply(
    JSON.stringify({
      ...{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "edge", labels } },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { nodeSelector: { no: "where" }, containers: [{ name: "a", image: "a" }] },
        },
      },
    }),
  );
  await space.apply(pipelineYaml("edge", {}));
  const status = await space.until("edge", { phase: "Degraded" });
  expect(status.message).toMatch(/DaemonSet test-\w+\/edge is managed by somebody else and is left alone/);
  expect((await space.daemonSets())[0]?.metadata.labels).toEqual(labels);
  await space.kubectl(["delete", "daemonset", "edge"]);
  await space.until("edge", { phase: "Running", ready: 2 });
});

test("a deleted pipeline is gone when its collectors are", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", {}));
  await space.until("edge", { phase: "Running" });
  expect((await space.pipeline("edge"))?.metadata).toMatchObject({ finalizers: ["phoenix.io/collectors"] });
  await space.kubectl(["delete", "ppp", "edge", "--timeout=60s"]);
  expect([await space.pods(), await space.daemonSets(), await space.configMaps()]).toEqual([[], [], []]);
  expect((await space.events("edge")).map(({ reason }) => reason)).toContain("Deleting");
});

test("collectors that are to be left behind are", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", {}));
  await space.until("edge", { phase: "Running" });
  await space.kubectl(["delete", "ppp", "edge", "--cascade=orphan", "--timeout=60s"]);
  expect(await space.pods()).toHaveLength(2);
  // Theirs no more: when the DaemonSet goes as well, nobody needs what it was told to run.
  await space.kubectl(["delete", "daemonset", "edge", "--timeout=60s"]);
  await expect.poll(() => space.configMaps()).toEqual([]);
});

test("a limited number of nodes gets them one after the other, and those that run are left alone", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", { maxNodes: 1 }));
  await space.until("edge", { phase: "Running", desired: 1, ready: 1, nodes: 1 });
  const [first] = await space.pods();
  expect(first?.spec.nodeName).toBe("node-0");
  await space.apply(pipelineYaml("edge", { maxNodes: 2 }));
  await space.until("edge", { phase: "Running", desired: 2, ready: 2, updated: 2 });
  expect((await space.pods()).map(({ metadata }) => metadata.uid)).toContain(first?.metadata.uid);
  await space.apply(pipelineYaml("edge", { maxNodes: 2, parameters: { collect_host: false, interval_seconds: 33 } }));
  await expect
    .poll(async () => (await space.pods()).map(({ metadata }) => metadata.uid))
    .not.toContain(first?.metadata.uid);
  await space.until("edge", { phase: "Running", desired: 2, ready: 2, updated: 2, observedGeneration: 3 });
  await space.apply(pipelineYaml("edge", { maxNodes: 0 }));
  await space.until("edge", { phase: "Pending", desired: 0, ready: 0 });
});

test("several collectors on each node have places of their own", async () => {
  await using space = await inNamespace();
  await space.apply(pipelineYaml("edge", { replicas: 2 }));
  await space.until("edge", { phase: "Running", desired: 4, ready: 4, updated: 4 });
  const replicas = await Promise.all(
    (await space.pods()).map(async ({ status }) =>
      JSON.parse(await (await fetch(`http://${status.podIP}:8080/`)).text()),
    ),
  );
  expect(replicas.map(({ replica }) => replica).toSorted()).toEqual([0, 0, 1, 1]);
  await space.apply(pipelineYaml("edge", { replicas: 1 }));
  await space.until("edge", { phase: "Running", desired: 2, ready: 2 });
});

test("only the nodes that are meant get a collector, and a node that is labelled later gets one then", async () => {
  await using space = await inNamespace();
  const label = `test.dev/${space.namespace}`;
  await space.apply(pipelineYaml("edge", { nodeSelector: { [label]: "yes" } }));
  await space.until("edge", { phase: "Pending", desired: 0 });
  await space.kubectl(["label", "node", "node-1", `${label}=yes`]);
  await space.until("edge", { phase: "Running", nodes: 1, desired: 1, ready: 1 });
  expect((await space.pods()).map(({ spec }) => spec.nodeName)).toEqual(["node-1"]);
  await space.kubectl(["label", "node", "node-1", `${label}-`]);
  await space.until("edge", { phase: "Pending", desired: 0, ready: 0 });
});
