import { expect, test } from "vitest";
import type { Pod, PodSpec } from "./pod.types.ts";
import { type NodeView, placeOf } from "./scheduler.ts";

const node = (name: string, more: Partial<NodeView> = {}): NodeView => ({
  name,
  labels: { name },
  taints: [],
  isUnschedulable: false,
  allocatable: { cpu: "2", pods: "110" },
  ...more,
});
const pod = (spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: "web" },
  spec: { containers: [{ name: "web", image: "web:1" }], ...spec },
});
const asking = (cpu: string): Partial<PodSpec> => ({
  containers: [{ name: "web", image: "web:1", resources: { requests: { cpu } } }],
});

test("pods are spread over the nodes", () => {
  const nodes = [node("a"), node("b")];
  expect(placeOf(pod(), nodes, [pod({ nodeName: "a" })])).toEqual({ node: "b" });
  expect(placeOf(pod(), nodes, [pod({ nodeName: "b" })])).toEqual({ node: "a" });
});

test("pods of one owner are spread, however many of others there are", () => {
  const owned = (spec: Partial<PodSpec> = {}): Pod => ({
    ...pod(spec),
    metadata: { name: "web", ownerReferences: [{ kind: "ReplicaSet", name: "web", uid: "1" }] },
  });
  const others = [pod({ nodeName: "b" }), pod({ nodeName: "b" })];
  expect(placeOf(owned(), [node("a"), node("b")], [...others, owned({ nodeName: "a" })])).toEqual({ node: "b" });
});

test("a pod of a DaemonSet goes to the node that its affinity names", () => {
  const matchFields = [{ key: "metadata.name", operator: "In" as const, values: ["b"] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  expect(placeOf(pod({ affinity }), [node("a"), node("b")], [])).toEqual({ node: "b" });
});

test("what keeps a pod from every node is counted", () => {
  const nodes = [
    node("a", { taints: [{ key: "gpu", value: "only", effect: "NoSchedule" }] }),
    node("b"),
    node("c"),
    node("d", { isUnschedulable: true }),
  ];
  const taken = [pod({ nodeName: "b", ...asking("1500m") }), pod({ nodeName: "c", ...asking("2") })];
  expect(placeOf(pod(asking("1")), nodes, taken)).toEqual({
    message:
      "0/4 nodes are available: 1 node(s) had untolerated taint(s) {gpu: only}, 2 Insufficient cpu, 1 node(s) were unschedulable.",
  });
});

test("a taint is no obstacle for who tolerates it", () => {
  const nodes = [node("a", { taints: [{ key: "gpu", value: "only", effect: "NoSchedule" }] })];
  const tolerating = pod({ tolerations: [{ key: "gpu", value: "only", effect: "NoSchedule" }] });
  expect(placeOf(tolerating, nodes, [])).toEqual({ node: "a" });
  expect(placeOf(pod({ tolerations: [{ operator: "Exists" }] }), nodes, [])).toEqual({ node: "a" });
  expect(placeOf(pod({ nodeSelector: { name: "b" } }), nodes, [])).toHaveProperty("message");
});
