import { type PipelineResource, pipelineResourceSchema, requirementsOf } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeAffinity, nodesFor } from "./affinity.ts";
import { objectsOf } from "./objects.ts";
import type { Pipeline } from "./pipeline.types.ts";

const pipeline: Pipeline = {
  metadata: { name: "edge", namespace: "shop", uid: "u-1", labels: { "sluice.dev/deployment": "dep_1", theirs: "x" } },
};
const spec = (part: Partial<PipelineResource> = {}): PipelineResource => ({
  ...pipelineResourceSchema.parse({ pipeline: "process-baseline-v1" }),
  ...part,
});
const NODES = [
  { name: "b", labels: { tier: "edge" } },
  { name: "a", labels: { tier: "edge", old: "yes" } },
  { name: "c", labels: {} },
];
const made = (part: Partial<PipelineResource> = {}, of = pipeline) =>
  objectsOf(of, spec(part), NODES, { image: "c:1" });

test("another configuration has another name; where it is to run does not matter to what runs", () => {
  const [one, same, other] = [
    made(),
    made({ selector: "tier=edge", maxNodes: 1 }),
    made({ parameters: { interval_seconds: 7 } }),
  ];
  expect(same.configMap).toEqual(one.configMap);
  expect(same.digest).toBe(one.digest);
  expect(other.configMap.metadata.name).not.toBe(one.configMap.metadata.name);
  expect(other.digest).not.toBe(one.digest);
});

test("everything belongs to its pipeline, and has the labels by which others find what is theirs", () => {
  const { configMap, daemonSets } = made({ replicas: 2 });
  expect(daemonSets.map(({ metadata }) => metadata.name)).toEqual(["edge", "edge-2"]);
  for (const { metadata } of [configMap, ...daemonSets]) {
    expect(metadata.ownerReferences).toMatchObject([
      { kind: "PhoenixProcessPipeline", name: "edge", uid: "u-1", controller: true },
    ]);
    expect(metadata.labels).toMatchObject({ "sluice.dev/deployment": "dep_1", "phoenix.io/pipeline": "edge" });
    expect(metadata.labels).not.toHaveProperty("theirs");
  }
});

const containerOf = (objects: ReturnType<typeof made>): string => JSON.stringify(objects.daemonSets[0]?.spec);

test("who measures the node sees its processes; who does not is nobody, and may nothing", () => {
  const measuring = containerOf(made());
  expect(measuring).toContain('"hostPID":true');
  expect(measuring).toContain('"add":["SYS_PTRACE","DAC_READ_SEARCH"]');
  const taking = containerOf(made({ parameters: { collect_host: false } }));
  expect(taking).toContain('"hostPID":false');
  expect(taking).toContain('"runAsNonRoot":true');
  for (const text of [measuring, taking]) {
    expect(text).toContain('"allowPrivilegeEscalation":false');
    expect(text).toContain('"readOnlyRootFilesystem":true');
    expect(text).toContain('"drop":["ALL"]');
  }
});

test("a mistake is named with its field", () => {
  expect(() => made({ parameters: { interval_seconds: "often" } })).toThrow("spec.parameters.interval_seconds");
  expect(() => made({ pipeline: "nothing-v1" })).toThrow("nothing-v1");
});

test("nodes are taken in the order of their names, and only those that are meant", () => {
  expect(nodesFor(spec({ nodeSelector: { tier: "edge" } }), NODES)).toEqual(["a", "b"]);
  expect(nodesFor(spec({ selector: "tier=edge,!old" }), NODES)).toEqual(["b"]);
  expect(nodesFor(spec({ maxNodes: 2 }), NODES)).toEqual(["a", "b"]);
});

test("what labels mean is left to the cluster; a number of nodes is named", () => {
  expect(JSON.stringify(nodeAffinity(spec({ selector: "tier in (a,b),!old" }), []))).toContain(
    '[{"matchExpressions":[{"key":"tier","operator":"In","values":["a","b"]},{"key":"old","operator":"DoesNotExist"}]}]',
  );
  expect(nodeAffinity(spec(), [])).toBeNull();
  expect(JSON.stringify(nodeAffinity(spec({ maxNodes: 0 }), []))).toContain("phoenix.io/nowhere");
});

const label = fc.constantFrom("a", "b", "c");

test("our reading of labels and the expressions for the cluster speak of the same keys and values", () => {
  fc.assert(
    fc.property(fc.dictionary(label, label), (nodeSelector) => {
      const text = JSON.stringify(nodeAffinity(spec({ nodeSelector }), []));
      for (const { key, values } of requirementsOf(nodeSelector))
        expect(text).toContain(JSON.stringify({ key, operator: "In", values }));
    }),
  );
});
