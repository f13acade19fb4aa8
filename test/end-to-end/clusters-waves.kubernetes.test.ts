import { ok, type Rollout } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kubeconfigOf } from "../kubernetes/access.ts";
import type { KubeObject } from "../kubernetes/api.ts";
import { startCluster, type TestCluster } from "../kubernetes/cluster.ts";
import { startPodRunner } from "../kubernetes/pod-runner.ts";
import { sharedCluster, temporaryNamespace } from "../kubernetes/shared.ts";
import { canary, type Delivery, ended, reaches } from "./delivery.ts";
import { newPodDelivery, POD_CONFIG } from "./image.delivery.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic, type Traffic } from "./traffic.ts";

/** One deployment in two clusters, each with an API server and pods of its own: contexts of one kubeconfig, in two waves. */

const NAME = "greeter";
const ENVIRONMENT = "abroad";
const US = { "x-sluice-target": "us" };
const WITHIN_MS = 150_000;
/** What a version that is meant to fail answers. */
const FAILING = "500 1.2.0";

const eu = sharedCluster();
const running = new AsyncDisposableStack();
let us: TestCluster;
let system: System;
let delivery: Delivery;
let namespace: string;
/** What callers of the first cluster get, all the time. */
let traffic: Traffic;

beforeAll(async () => {
  const other = running.use(await startCluster());
  running.use(await startPodRunner(other));
  us = other;
  namespace = running.use(await temporaryNamespace(eu)).name;
  await us.kubectl(["create", "namespace", namespace]);
  system = running.use(
    await startSystem({
      SLUICE_KUBECONFIG: await kubeconfigOf({ europe: eu, america: us }, us.folder),
      SLUICE_KUBERNETES_NAMESPACES: namespace,
    }),
  );
  const target = (name: string, context: string) => ({ type: "kubernetes" as const, name, context, namespace });
  const body = {
    targets: [target("eu", "europe"), target("us", "america")],
    waves: [{ targets: ["eu"], bakeSeconds: 8 }, { targets: ["us"] }],
    protection: { fourEyes: false },
  };
  await ok(system.client.http.PUT("/v1/environments/{name}", { params: { path: { name: ENVIRONMENT } }, body }));
  delivery = await newPodDelivery(system, NAME, ENVIRONMENT);
  await delivery.publish("1.0.0");
  // Two, so that more than half of the traffic takes another pod.
  const config = { ...POD_CONFIG, replicas: 2 };
  expect(await ended(system, await delivery.create("1.0.0", { config }), WITHIN_MS)).toMatchObject({
    phase: "completed",
  });
  traffic = sendTraffic(delivery.url, 20);
  running.defer(() => traffic.stop());
}, 240_000);

afterAll(() => running.disposeAsync());

const params = { path: { id: NAME }, query: { environment: ENVIRONMENT } };

const versions = async (): Promise<string[]> => [
  (await ask(delivery.url)).version,
  (await ask(delivery.url, US)).version,
];

/** The one view: what each cluster has. */
const members = async () =>
  ((await delivery.get()).members ?? []).map(({ target, version, trouble }) => [target, version, trouble]);

const end = async (rollout: { id: string }): Promise<Rollout> => {
  const last = await ended(system, rollout, WITHIN_MS);
  expect(traffic.failures.filter((failure) => failure !== FAILING)).toEqual([]);
  return last;
};

const STEPS = canary([{ setWeight: 50 }, { wait: { seconds: 1 } }]);

test("a version goes cluster by cluster, though the server is killed between the waves, and one rollback takes both back", async () => {
  await delivery.publish("1.1.0");
  const rollout = await delivery.update({ version: "1.1.0", strategy: STEPS });
  const between = await reaches(system, rollout, ({ members }) => members?.[0]?.state === "done");
  await system.kill();
  expect(between.members).toMatchObject([{ target: "eu" }, { target: "us", state: "waiting", rollout: null }]);
  expect(await versions()).toEqual(["1.1.0", "1.0.0"]);
  await system.start();
  await reaches(system, rollout, ({ members }) => (members?.[1]?.weight ?? 0) >= 50);
  expect(await end(rollout)).toMatchObject({
    phase: "completed",
    weight: 100,
    steps: [{ type: "wave", targets: ["eu"] }, { type: "wait" }, { type: "wave", targets: ["us"] }],
  });
  expect(await versions()).toEqual(["1.1.0", "1.1.0"]);
  expect(await members()).toEqual([
    ["eu", "1.1.0", null],
    ["us", "1.1.0", null],
  ]);

  const back = await ok(
    system.client.http.POST("/v1/deployments/{id}/rollback", { params, body: { scope: "all", reason: "slow" } }),
  );
  expect(await end(back)).toMatchObject({ phase: "completed", toVersion: "1.0.0" });
  expect(await versions()).toEqual(["1.0.0", "1.0.0"]);
});

test("a failing version is seen in the first cluster, and nothing of it ever comes to the second", async () => {
  const stop = new AbortController();
  const seen = new Set<string>();
  const following = us.api.follow<KubeObject>(
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    stop.signal,
    ({ object }) => seen.add(object.metadata.labels?.["app.kubernetes.io/version"] ?? ""),
  );
  await delivery.publish("1.2.0", { STATUS: "500" });
  const strategy = canary([{ setWeight: 50 }, { analyze: { seconds: 600 } }]);
  const rollout = await delivery.update({ version: "1.2.0", strategy });
  const last = await ended(system, rollout, WITHIN_MS);
  stop.abort();
  await following;
  expect(last).toMatchObject({ phase: "rolled_back", reason: expect.stringMatching(/^target eu: .*error rate/) });
  expect(last.members).toMatchObject([{ target: "eu" }, { target: "us", state: "waiting", rollout: null }]);
  expect([...seen]).toContain("1.0.0");
  expect([...seen]).not.toContain("1.2.0");
  expect(await versions()).toEqual(["1.0.0", "1.0.0"]);
});

// edge case 42
test("a cluster whose API server is killed during its wave is waited for by its name, and goes on when it is back", {
  timeout: 2 * WITHIN_MS,
}, async () => {
  await delivery.publish("1.3.0");
  // Long enough for its API server to be killed amid it.
  const steps = [{ setWeight: 50 }, { wait: { seconds: 10 } }];
  const rollout = await delivery.update({ version: "1.3.0", strategy: canary(steps) });
  await reaches(system, rollout, ({ members }) => members?.[1]?.weight === 50);
  await us.stopApiServer();
  const away = await reaches(system, rollout, ({ members }) => (members?.[1]?.reason ?? null) !== null);
  expect(away.members).toMatchObject([
    { target: "eu", state: "done", reason: null },
    { target: "us", state: "underway", reason: expect.stringMatching(/cluster america .*does not answer/) },
  ]);
  expect(away.explanation).toMatch(/waits for us \(.*cluster america .*does not answer/);
  expect((await delivery.get()).members?.[1]?.trouble).toMatch(/cluster america .*does not answer/);
  // Its pods answer on, those of both versions.
  expect((await ask(delivery.url)).version).toBe("1.3.0");
  expect((await ask(delivery.url, US)).status).toBe(200);
  await us.startApiServer();
  expect(await end(rollout)).toMatchObject({ phase: "completed", reason: null });
  expect(await versions()).toEqual(["1.3.0", "1.3.0"]);
  expect(await members()).toEqual([
    ["eu", "1.3.0", null],
    ["us", "1.3.0", null],
  ]);
});

test("all of it goes from both clusters with the deployment", async () => {
  await traffic.stop();
  await delivery.remove();
  const left = async (): Promise<string[]> => {
    const args = ["-n", namespace, "get", "deployments,services,pods", "-l", "sluice.dev/revision", "-o", "name"];
    return [await eu.kubectl(args), await us.kubectl(args)];
  };
  await expect.poll(left, { timeout: WITHIN_MS }).toEqual(["", ""]);
});
