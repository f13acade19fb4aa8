import { expect, test } from "vitest";
import type { DaemonSet, Pipeline, Pod } from "./pipeline.types.ts";
import { podsToReplace } from "./replace.ts";
import { type PipelineObservation, statusOf } from "./status.ts";

const NOW = "2026-11-21T10:00:00Z";
const LATER = "2026-11-21T11:00:00Z";
const pipeline: Pipeline = { metadata: { name: "edge", namespace: "shop", generation: 2 } };
const daemonSet = (status: Partial<DaemonSet["status"]> = {}, generation = 1): DaemonSet => ({
  metadata: { name: "edge", generation },
  status: { observedGeneration: 1, desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 2, ...status },
});
const pod = (name: string, digest = "new", ready = "True"): Pod => ({
  metadata: { name, annotations: { "sluice.dev/digest": digest } },
  spec: { nodeName: `node-of-${name}` },
  status: { conditions: [{ type: "Ready", status: ready }] },
});
const observation: PipelineObservation = {
  pipeline,
  wanted: { digest: "new", nodes: 2, replicas: 1 },
  problem: null,
  daemonSets: [daemonSet()],
  pods: [pod("a"), pod("b")],
};
const crashing: Pod = {
  ...pod("b", "new", "False"),
  status: {
    containerStatuses: [
      {
        ready: false,
        restartCount: 3,
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
        lastState: { terminated: { exitCode: 1, message: "starting\nno such exporter\n" } },
      },
    ],
  },
};

test.each([
  ["all is ready and up to date", {}, "Running", "2 collectors on 2 nodes"],
  [
    "the cluster has not looked at the newest template",
    { daemonSets: [daemonSet({}, 2)] },
    "Progressing",
    "not looked",
  ],
  ["there is no DaemonSet yet", { daemonSets: [], pods: [] }, "Progressing", "not looked"],
  [
    "one is of before",
    { pods: [pod("a"), pod("b", "old")] },
    "Progressing",
    "1 of 2 collectors are ready and up to date",
  ],
  ["one cannot go on", { pods: [pod("a"), crashing] }, "Degraded", "b on node-of-b: no such exporter"],
  ["no node is meant", { wanted: { digest: "new", nodes: 0, replicas: 1 }, pods: [] }, "Pending", "no node"],
  ["the spec is wrong", { problem: { reason: "InvalidSpec", message: "spec.x is odd" } }, "Invalid", "spec.x is odd"],
  ["the cluster refuses", { problem: { reason: "Refused", message: "quota" } }, "Degraded", "quota"],
  [
    "it is being deleted",
    { pipeline: { metadata: { ...pipeline.metadata, deletionTimestamp: NOW } } },
    "Terminating",
    "2",
  ],
] satisfies [string, Partial<PipelineObservation>, string, string][])("when %s", (_, part, phase, words) => {
  const status = statusOf({ ...observation, ...part }, NOW);
  expect(status.phase).toBe(phase);
  expect(status.message).toContain(words);
  const ready = status.conditions.find(({ type }) => type === "Ready");
  expect(ready).toMatchObject({ status: phase === "Running" ? "True" : "False", observedGeneration: 2 });
  const holds = (wanted: string) => status.conditions.some((one) => one.type === wanted && one.status === "True");
  expect(holds("Stalled")).toBe(phase === "Invalid" || phase === "Degraded");
  expect([holds("Ready"), holds("Reconciling"), holds("Stalled")].filter(Boolean)).toHaveLength(1);
});

test("a condition keeps its time until it turns", () => {
  const first = statusOf(observation, NOW);
  const later = statusOf({ ...observation, pipeline: { ...pipeline, status: first } }, LATER);
  expect(later).toEqual(first);
  const turned = statusOf({ ...observation, pods: [pod("a")], pipeline: { ...pipeline, status: first } }, LATER);
  const times = Object.fromEntries(turned.conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]));
  expect(times).toEqual({
    ...{ Accepted: NOW, Stalled: NOW },
    ...{ Ready: LATER, Progressing: LATER, Reconciling: LATER },
  });
});

test.each([
  ["nothing, when all are up to date", [pod("a"), pod("b")], 1, []],
  ["one of several", [pod("a", "old"), pod("b", "old")], 1, ["a"]],
  ["a percentage, rounded up", [pod("a", "old"), pod("b", "old"), pod("c", "old")], "40%", ["a", "b"]],
  ["none while one is not ready", [pod("a", "new", "False"), pod("b", "old")], 1, []],
  ["what is broken anyway, first", [pod("a", "old", "False"), pod("b", "old")], 1, ["a"]],
])("replaces %s", (_, pods, maxUnavailable, expected) => {
  expect(podsToReplace(pods, { digest: "new", desired: pods.length, maxUnavailable })).toEqual(expected);
});
