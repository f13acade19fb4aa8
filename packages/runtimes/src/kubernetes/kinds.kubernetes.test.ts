import type { Workload, WorkloadStatus } from "@sluice/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sharedCluster } from "../../../../test/kubernetes/shared.ts";
import { eventually } from "../suite/eventually.ts";
import { createKubernetesHarness, type KubernetesHarness } from "./kubernetes.harness.ts";
import { objectName } from "./names.ts";

const access = sharedCluster();
const nameOf = (revision: number): string => objectName({ name: "greeter", deployment: "greeter" }, revision);

let harness: KubernetesHarness;
beforeEach(async () => {
  harness = await createKubernetesHarness(access);
});
afterEach(() => harness.dispose());

const kubectl = (args: string[]): Promise<string> => access.kubectl(["-n", harness.namespace, ...args]);
const becomes = (verdict: WorkloadStatus["verdict"], revision = 1): Promise<WorkloadStatus> => {
  let now: WorkloadStatus | undefined;
  return eventually(
    () => `revision ${revision} is ${verdict}: ${JSON.stringify(now)}`,
    async () => {
      now = (await harness.runtime.observe("greeter")).find((status) => status.revision === revision);
      return now?.verdict === verdict ? now : undefined;
    },
  );
};
const script = (text: string, changes: Partial<Workload> = {}): Workload =>
  harness.workload("web", { command: ["node", "-e", text], ...changes });

test("a job runs to its end once in each instance, and is complete then", async () => {
  await harness.runtime.apply(script("console.log('done')", { process: "job", replicas: 2 }));
  const { instances, desired } = await becomes("available");
  expect(desired).toBe(2);
  expect(instances.map(({ state, address }) => ({ state, address }))).toEqual([
    { state: "completed", address: null },
    { state: "completed", address: null },
  ]);
  await expect(harness.runtime.restart({ deployment: "greeter", revision: 1, fence: 2 })).rejects.toMatchObject({
    code: "failed_precondition",
  });
});

test("a job that fails is judged with its last words", async () => {
  const failing = script("throw new Error('no data today')", { process: "job", progressDeadlineSeconds: 8 });
  await harness.runtime.apply(failing);
  expect((await becomes("failed")).reason).toContain("no data today");
});

test("a stream has no address, and is ready when it has lived for a while", async () => {
  const healthCheck = { path: null, intervalSeconds: 1, timeoutSeconds: 1, retries: 2, readySeconds: 2 };
  await harness.runtime.apply(script("setInterval(() => {}, 1000)", { process: "stream", healthCheck }));
  const [instance] = (await becomes("available")).instances;
  expect(instance).toMatchObject({ state: "ready", address: null });
});

// edge case 43
test("each revision has the configuration that it came with, also after the other has gone", async () => {
  const greeting =
    "require('http').createServer((_, answer) => answer.end(process.env.GREETING)).listen(process.env.PORT)";
  const healthCheck = { path: "/", intervalSeconds: 1, timeoutSeconds: 1, retries: 2 };
  await harness.runtime.apply(script(greeting, { env: { GREETING: "Hello" }, healthCheck }));
  await harness.runtime.apply(script(greeting, { env: { GREETING: "Ahoy" }, healthCheck, revision: 2, fence: 2 }));
  const [second] = (await becomes("available", 2)).instances;
  const [first] = (await becomes("available", 1)).instances;
  if (first === undefined || second === undefined) throw new Error("available without an instance");
  expect([(await harness.get(first, "/")).body, (await harness.get(second, "/")).body]).toEqual(["Hello", "Ahoy"]);
  await harness.runtime.remove({ deployment: "greeter", revision: 2, fence: 3 });
  await eventually("its configuration is gone", async () => {
    const names = await kubectl(["get", "configmap", "-l", "sluice.dev/revision", "-o", "name"]);
    return names.trim() === `configmap/${nameOf(1)}` || undefined;
  });
});

test("secrets are in a Secret and nowhere else, and are blotted out by whoever begins to watch", async () => {
  const secrets = { TOKEN: "hunter2hunter2" };
  const failing = script("throw new Error('refused: ' + process.env.TOKEN)", { secrets });
  await harness.runtime.apply(failing);
  await becomes("failed");
  // It has never seen the values, and reads them before it repeats a word.
  await harness.reopen();
  const { reason } = await eventually("its last words", async () => {
    const now = await becomes("failed");
    return now.reason?.includes("refused: •••") ? now : undefined;
  });
  expect(reason).not.toContain("hunter2");
  const others = await kubectl(["get", "deploy,cm,svc,rs", "-o", "json"]);
  expect(others).not.toContain("hunter2");
  expect(await kubectl(["get", "secret", nameOf(1), "-o", "jsonpath={.data.TOKEN}"])).toBe(
    Buffer.from(secrets.TOKEN).toString("base64"),
  );
});
