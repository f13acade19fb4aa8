import type { WorkloadStatus } from "@sluice/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sharedCluster } from "../../../../test/kubernetes/shared.ts";
import { eventually } from "../suite/eventually.ts";
import { createKubernetesHarness, type KubernetesHarness } from "./kubernetes.harness.ts";
import { type ApiProxy, startApiProxy } from "./testing/api.proxy.ts";

const access = sharedCluster();
let proxy: ApiProxy;
let harness: KubernetesHarness;
beforeEach(async () => {
  proxy = await startApiProxy(access);
  const cluster = { files: [proxy.kubeconfig], timeoutMs: 3_000, lostMs: 1_000 };
  harness = await createKubernetesHarness(access, { cluster });
});
afterEach(async () => {
  proxy.mishap = () => null;
  await harness.dispose();
  await proxy[Symbol.asyncDispose]();
});

const status = async (): Promise<WorkloadStatus | undefined> => (await harness.runtime.observe("greeter"))[0];
const isAvailable = (): Promise<true> =>
  eventually("it is available", async () => {
    const now = await status().catch(() => undefined);
    return now?.verdict === "available" || undefined;
  });

test("an API server that is busy, fails, resets or says nothing is asked again, and nothing is lost", async () => {
  const mishaps = [
    { status: 429, retryAfter: 1, message: "too many requests" },
    { status: 500, message: "etcdserver: request timed out" },
    "reset",
    "silence",
  ] as const;
  let writes = 0;
  // Every second write fails, each time in another way.
  proxy.mishap = (method) => {
    if (method === "GET") return null;
    writes += 1;
    return writes % 2 === 1 ? (mishaps[((writes - 1) / 2) % mishaps.length] ?? null) : null;
  };
  await harness.runtime.apply(harness.workload("web"));
  await isAvailable();
  expect(writes).toBeGreaterThanOrEqual(8);
});

test("one that goes on failing is an error that names the object, and leaves nothing that would be thought whole", async () => {
  proxy.mishap = (method, path) =>
    method !== "GET" && path.includes("/services/") ? { status: 503, message: "the server is overloaded" } : null;
  await expect(harness.runtime.apply(harness.workload("web"))).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^Service .*: the server is overloaded/),
  });
  // Whoever looks next sees that it is not finished, and finishes it.
  expect(await status()).toMatchObject({ drift: expect.stringContaining("Service") });
  proxy.mishap = () => null;
  await harness.runtime.apply(harness.workload("web"));
  await isAvailable();
});

test("one that dies is told of until it is back, and what runs goes on", async () => {
  await harness.runtime.apply(harness.workload("web"));
  await isAvailable();
  const [instance] = (await status())?.instances ?? [];
  if (instance === undefined) throw new Error("available without an instance");
  proxy.mishap = () => "reset";
  proxy.cut();
  await eventually("it is not known any more", async () => {
    const error = await harness.runtime.observe("greeter").catch((reason: unknown) => reason);
    return error instanceof Error && /is not known: nothing was heard for/.test(error.message) ? true : undefined;
  });
  expect((await harness.get(instance, "/")).status).toBe(200);
  proxy.mishap = () => null;
  await isAvailable();
  expect((await status())?.instances).toEqual([expect.objectContaining({ id: instance.id, restarts: 0 })]);
});

test("a watch whose version is too old begins anew with a list", async () => {
  await harness.runtime.apply(harness.workload("web"));
  await isAvailable();
  let refused = 0;
  proxy.mishap = (_, path) => {
    if (!path.includes("watch=true") || refused > 20) return null;
    refused += 1;
    return { status: 410, message: "too old resource version" };
  };
  proxy.cut();
  const more = harness.workload("web", { replicas: 2, fence: 2 });
  await eventually("it is known again", () =>
    harness.runtime.apply(more).then(
      () => true,
      () => undefined,
    ),
  );
  await eventually("two are ready", async () => {
    const now = await status().catch(() => undefined);
    return (now?.verdict === "available" && now.instances.length === 2) || undefined;
  });
  expect(refused).toBeGreaterThan(0);
});
