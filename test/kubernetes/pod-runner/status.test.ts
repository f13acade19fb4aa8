import { expect, test } from "vitest";
import type { Container, ContainerState } from "./pod.types.ts";
import { probed, UNPROBED } from "./probe.ts";
import { type ContainerView, newView, type PodView, statusOf } from "./status.ts";
import { parseSample } from "./usage.ts";

const NOW = new Date("2030-01-01T00:00:00Z");
const spec: Container = { name: "web", image: "web:1" };
const ended = (exitCode: number): ContainerState => ({
  terminated: { exitCode, reason: "Error", startedAt: "", finishedAt: "" },
});
const container = (more: Partial<ContainerView> = {}): ContainerView => ({
  ...newView(spec, "ContainerCreating"),
  ...more,
});
const view = (containers: ContainerView[], init: ContainerView[] = []): PodView => ({
  pod: { metadata: { name: "web" }, spec: { containers: [spec] } },
  address: "198.18.0.2",
  hostAddress: "198.18.0.1",
  startedAt: NOW,
  init,
  containers,
});
const running = { running: { startedAt: "" } };

test.each([
  ["nothing has run", view([container()]), "Pending"],
  ["it runs", view([container({ state: running })]), "Running"],
  [
    "it waits to run again",
    view([container({ state: { waiting: { reason: "CrashLoopBackOff" } }, restarts: 1 })]),
    "Running",
  ],
  ["it has ended well", view([container({ state: ended(0), isOver: true })]), "Succeeded"],
  ["it has ended badly", view([container({ state: ended(1), isOver: true })]), "Failed"],
  ["what comes first still runs", view([container()], [container({ state: running })]), "Pending"],
  ["what comes first has failed", view([container()], [container({ state: ended(1), isOver: true })]), "Failed"],
])("the phase of a pod when %s", (_, pod, phase) => {
  expect(statusOf(pod, NOW).phase).toBe(phase);
});

test("a condition keeps the time of its last change", () => {
  const pod = view([container({ state: running })]);
  const first = statusOf(pod, NOW);
  const later = new Date("2030-01-01T00:01:00Z");
  const ready = {
    ...pod,
    pod: { ...pod.pod, status: first },
    containers: [container({ state: running, isReady: true })],
  };
  const second = statusOf(ready, later).conditions;
  expect(second.find(({ type }) => type === "Ready")).toMatchObject({
    status: "True",
    lastTransitionTime: "2030-01-01T00:01:00Z",
  });
  expect(second.find(({ type }) => type === "Initialized")).toMatchObject({
    lastTransitionTime: "2030-01-01T00:00:00Z",
  });
});

test("a probe changes its mind at its thresholds only", () => {
  const settings = { successThreshold: 1, failureThreshold: 2 };
  const verdicts = [true, false, true, false, false, true].map(
    ((state) => (result: boolean) => {
      state = probed(state, result, settings);
      return state.isOk;
    })(UNPROBED),
  );
  expect(verdicts).toEqual([true, true, true, true, false, true]);
});

test("what a process uses is read beside a name with brackets in it", () => {
  const stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 100 0 20 0 1 0 100 0 0";
  const status = "Name:\ta) b\nRssAnon:\t    1024 kB\nRssFile:\t    9999 kB\nRssShmem:\t    1024 kB\n";
  expect(parseSample(stat, status)).toEqual({ cpuSeconds: 4, memoryBytes: 2 * 1_024 * 1_024 });
});
