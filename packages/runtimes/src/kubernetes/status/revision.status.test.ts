import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition } from "../client/kube.types.ts";
import { ANNOTATIONS } from "../names.ts";
import type { ContainerStatus, ObservedDeployment, ObservedPod } from "./observed.types.ts";
import { type RevisionView, revisionStatus } from "./revision.status.ts";

const AT = Date.parse("2026-11-21T12:00:00Z");
const time = (seconds: number): string => new Date(AT + seconds * 1_000).toISOString();

const deployment = (
  wanted: number,
  status: ObservedDeployment["status"] = {},
  changes: Partial<ObservedDeployment["metadata"]> = {},
): NonNullable<RevisionView["anchor"]> => ({
  kind: "Deployment",
  object: {
    metadata: {
      ...{ name: "greeter-r2", namespace: "shop", generation: 2, creationTimestamp: time(0) },
      annotations: { [ANNOTATIONS.replicas]: String(wanted), [ANNOTATIONS.deadline]: "60" },
      ...changes,
    },
    spec: { replicas: wanted },
    status: { observedGeneration: 2, ...status },
  },
});

const full = (count: number): ObservedDeployment["status"] => ({
  ...{ replicas: count, updatedReplicas: count, availableReplicas: count },
});

const condition = (type: string, status: "True" | "False", more: Partial<Condition> = {}): Condition => ({
  ...{ type, status, lastTransitionTime: time(0) },
  ...more,
});

function pod(
  name: string,
  container: Partial<ContainerStatus>,
  conditions: Condition[] = [],
): RevisionView["pods"][number] {
  const object: ObservedPod = {
    metadata: { name, namespace: "shop", uid: name, creationTimestamp: time(0) },
    spec: { containers: [{ name: "app", ports: [{ name: "http", containerPort: 8080 }] }] },
    status: {
      ...{ phase: "Running", podIP: "10.0.0.1", conditions },
      containerStatuses: [{ name: "app", ready: false, restartCount: 0, ...container }],
    },
  };
  return { pod: object, wasReady: false, probeWords: null };
}

const readyPod = (name: string) => pod(name, { ready: true, state: { running: {} } }, [condition("Ready", "True")]);
const waitingPod = (reason: string, message: string) => pod("p", { state: { waiting: { reason, message } } });

const statusOf = (view: Partial<RevisionView>, now = AT + 1_000) =>
  revisionStatus(
    { ...{ deployment: "dep_1", revision: 2, anchor: null, pods: [], variables: { env: {} }, drift: [] }, ...view },
    now,
  );

describe("the status of a revision", () => {
  test("is available once the controllers have seen it and enough pods are ready", () => {
    const { status } = statusOf({ anchor: deployment(2, full(2)), pods: [readyPod("a"), readyPod("b")] });
    expect(status).toMatchObject({ verdict: "available", desired: 2, reason: null });
    expect(status.instances[0]).toMatchObject({ id: "a", state: "ready", address: { host: "10.0.0.1", port: 8080 } });
  });

  // edge cases 39, 47
  test("is not available while what was applied last was not seen, whatever the pods say", () => {
    const anchor = deployment(1, { ...full(1), observedGeneration: 1 });
    expect(statusOf({ anchor, pods: [readyPod("a")] }).status.verdict).toBe("progressing");
  });

  test("is failed with the cluster's words when the cluster makes no pods, and will not", () => {
    const message = "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'no' denied request: not on Fridays";
    const anchor = deployment(1, { conditions: [condition("ReplicaFailure", "True", { message })] });
    expect(statusOf({ anchor }).status).toMatchObject({
      ...{ verdict: "failed", reason: `Deployment shop/greeter-r2: ${message}` },
    });
  });

  test("waits for a quota until the deadline, saying so", () => {
    const message = 'pods "x" is forbidden: exceeded quota: small';
    const conditions = [condition("ReplicaFailure", "True", { message })];
    const anchor = deployment(1, { conditions });
    expect(statusOf({ anchor })).toMatchObject({
      status: { verdict: "progressing", reason: message },
      changesAt: AT + 60_000,
    });
    expect(statusOf({ anchor }, AT + 60_000).status).toMatchObject({
      verdict: "failed",
      reason: `Deployment shop/greeter-r2: no progress within 60 s: ${message}`,
    });
  });

  test.each([
    ["ImagePullBackOff", 'Back-off pulling image "x:1": ErrImagePull: x:1: not found', "failed"],
    ["ImagePullBackOff", "dial tcp: i/o timeout", "progressing"],
    ["InvalidImageName", "couldn't parse image name", "failed"],
    ["CreateContainerConfigError", 'secret "x" not found', "failed"],
    ["ContainerCreating", "", "progressing"],
  ])("of a pod that waits for %s: %s is %s", (reason, message, verdict) => {
    const { status } = statusOf({ anchor: deployment(1), pods: [waitingPod(reason, message)] });
    expect(status.verdict).toBe(verdict);
    if (message !== "") expect(status.reason).toContain(message);
  });

  // edge case 37
  test("is failed when the deadline is over, counted from the last pod that became ready", () => {
    const anchor = deployment(2, { conditions: [condition("Available", "False")] });
    const late = pod("a", { ready: true }, [condition("Ready", "True", { lastTransitionTime: time(30) })]);
    expect(statusOf({ anchor, pods: [late] }, AT + 61_000)).toMatchObject({
      ...{ status: { verdict: "progressing" }, changesAt: AT + 90_000 },
    });
    expect(statusOf({ anchor, pods: [late] }, AT + 90_000).status.verdict).toBe("failed");
  });

  // edge case 17
  test("is no longer available when a pod was lost, before any controller knows", () => {
    const lost = pod("b", { state: { terminated: { exitCode: 137 } } });
    const { status } = statusOf({ anchor: deployment(2, full(2)), pods: [readyPod("a"), lost] });
    expect(status).toMatchObject({ verdict: "progressing", reason: "was killed by SIGKILL" });
  });

  test("says why a program keeps ending, without its secrets, and without a word while those are not known", () => {
    const ended = { exitCode: 1, message: "Error: no token hunter2hunter2" };
    const crashing = pod("a", {
      ...{ restartCount: 2, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: ended } },
    });
    const view = { anchor: deployment(1), pods: [crashing] };
    expect(statusOf({ ...view, variables: { env: {}, secrets: { A: "hunter2hunter2" } } }).status).toMatchObject({
      verdict: "failed",
      reason: "instance a keeps failing: exited with status 1; last said: Error: no token •••",
    });
    const { reason } = statusOf({ ...view, variables: null }).status;
    expect(reason).toBe("instance a keeps failing: exited with status 1");
  });

  test("says of memory that ran out that it did", () => {
    const ended = { exitCode: 137, reason: "OOMKilled" };
    const { status } = statusOf({ anchor: deployment(1), pods: [pod("a", { state: { terminated: ended } })] });
    expect(status.reason).toContain("OOMKilled");
  });

  test("of a job is not available while it runs, though the cluster calls its pod ready", () => {
    const anchor: RevisionView["anchor"] = { kind: "Job", object: deployment(1).object };
    const running = readyPod("a");
    running.pod.metadata.ownerReferences = [{ apiVersion: "batch/v1", kind: "Job", name: "greeter-r2", uid: "1" }];
    expect(statusOf({ anchor, pods: [running] }).status).toMatchObject({ verdict: "progressing" });
    running.pod.status = { ...running.pod.status, phase: "Succeeded" };
    expect(statusOf({ anchor, pods: [running] }).status).toMatchObject({
      ...{ verdict: "available", instances: [{ state: "completed" }] },
    });
  });

  test("of what is on its way out wants nothing, and its pods drain", () => {
    const leaving = readyPod("a");
    leaving.pod.metadata.deletionTimestamp = time(0);
    expect(statusOf({ pods: [leaving] }).status).toMatchObject({
      ...{ desired: 0, verdict: "progressing", reason: "is being removed", instances: [{ state: "draining" }] },
    });
  });

  test("tells of drift, and never calls a revision available with fewer ready pods than are wanted", () => {
    expect(statusOf({ anchor: deployment(1), drift: ["x is gone"] }).status.drift).toBe("x is gone");
    const pods = fc.array(fc.boolean(), { maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat({ max: 6 }), pods, (wanted, told, states) => {
        const { status } = statusOf({
          anchor: deployment(wanted, full(told)),
          pods: states.map((isReady, index) => (isReady ? readyPod(`p${index}`) : waitingPod("ContainerCreating", ""))),
        });
        const ready = status.instances.filter(({ state }) => state === "ready").length;
        if (status.verdict === "available") expect(Math.min(ready, told)).toBeGreaterThanOrEqual(wanted);
      }),
    );
  });
});
