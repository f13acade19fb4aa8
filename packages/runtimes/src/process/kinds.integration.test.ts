import type { InstanceStatus, Workload, WorkloadStatus } from "@sluice/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../suite/eventually.ts";
import { createProcessHarness, type ProcessHarness, testWorkload } from "./process.harness.ts";

let harness: ProcessHarness;
beforeEach(async () => {
  harness = await createProcessHarness();
});
afterEach(() => harness.dispose());

const workload = (script: string, changes: Partial<Workload>): Workload =>
  testWorkload("web", { command: ["sh", "-c", script], ...changes });

const status = async (): Promise<WorkloadStatus | undefined> => (await harness.runtime.observe("greeter"))[0];

const until = (what: string, holds: (status: WorkloadStatus) => boolean): Promise<WorkloadStatus> =>
  eventually(what, async () => {
    const now = await status();
    return now !== undefined && holds(now) ? now : undefined;
  });

const is = (state: InstanceStatus["state"]) => (one: WorkloadStatus) =>
  one.instances.length > 0 && one.instances.every((instance) => instance.state === state);

const texts = async (): Promise<string[]> => {
  const lines: string[] = [];
  for await (const { text } of harness.runtime.logs({ deployment: "greeter" })) lines.push(text);
  return lines;
};

describe("a stream", () => {
  const health = { path: "/healthz", intervalSeconds: 0.1, timeoutSeconds: 1, retries: 2 };

  test("is ready once it has lived long enough, without a port", async () => {
    const healthCheck = { ...health, readySeconds: 0.5 };
    await harness.runtime.apply(workload('echo "port=$PORT"; exec sleep 600', { process: "stream", healthCheck }));
    const { instances } = await until("it is available", ({ verdict }) => verdict === "available");
    expect(instances).toMatchObject([{ state: "ready", address: null }]);
    expect(await texts()).toContain("port=");
  });

  test("is ready as soon as it says so", async () => {
    const script = 'touch "$SLUICE_HEARTBEAT_FILE"; exec sleep 600';
    const healthCheck = { ...health, readySeconds: 3_000 };
    await harness.runtime.apply(workload(script, { process: "stream", healthCheck, progressDeadlineSeconds: 3_600 }));
    await until("it is ready", is("ready"));
  });

  test("whose heartbeat stops is unready, and replaced", async () => {
    // Beats again after every start: the second life shows that the first one ended.
    const script = 'touch "$SLUICE_HEARTBEAT_FILE"; exec sleep 600';
    await harness.runtime.apply(
      workload(script, { process: "stream", healthCheck: { ...health, heartbeatSeconds: 1 }, stopSeconds: 1 }),
    );
    await until("it is ready", is("ready"));
    const { instances } = await until("it was started again", (now) => (now.instances[0]?.restarts ?? 0) > 0);
    expect(instances).toHaveLength(1);
  });

  test("that ends, also with status 0, is started again", async () => {
    await harness.runtime.apply(workload("exit 0", { process: "stream", healthCheck: health }));
    const { reason } = await until("it is judged broken", ({ verdict }) => verdict === "failed");
    expect(reason).toContain("exited with status 0");
  });
});

describe("a job", () => {
  test("is done when it exits with 0, stays done, and is not started again", async () => {
    await harness.runtime.apply(workload("echo working; sleep 0.3; echo done", { process: "job", replicas: 2 }));
    const done = await until("it is done", is("completed"));
    expect(done).toMatchObject({ verdict: "available", desired: 2 });
    expect(done.instances).toMatchObject([
      { restarts: 0, address: null, pid: null },
      { restarts: 0, address: null, pid: null },
    ]);
    await harness.reopen();
    expect(await until("it is still done", is("completed"))).toMatchObject({ verdict: "available" });
    expect((await texts()).filter((text) => text === "done")).toHaveLength(2);
  });

  test("that fails is tried again, and judged broken when it fails on", async () => {
    await harness.runtime.apply(workload("echo no >&2; exit 3", { process: "job" }));
    const { reason } = await until("it is judged broken", ({ verdict }) => verdict === "failed");
    expect(reason).toMatch(/exited with status 3.*last said: no/);
  });

  test("is run once more by a restart", async () => {
    const job = workload("echo ran", { process: "job" });
    await harness.runtime.apply(job);
    const [first] = (await until("it is done", is("completed"))).instances;
    await harness.runtime.restart({ deployment: "greeter", revision: 1, fence: 2 });
    const next = await until(
      "another one is done",
      (now) => is("completed")(now) && now.instances[0]?.id !== first?.id,
    );
    expect(next.instances).toHaveLength(1);
  });

  test("that takes too long is stopped", async () => {
    await harness.runtime.apply(workload("sleep 600", { process: "job", progressDeadlineSeconds: 1, stopSeconds: 1 }));
    const { reason } = await until("it is judged broken", ({ verdict }) => verdict === "failed");
    expect(reason).toMatch(/within 1 s/);
  });
});
