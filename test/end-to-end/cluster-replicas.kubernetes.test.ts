import { ok } from "@sluice/client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { KubeObject } from "../kubernetes/api.ts";
import { sharedCluster, temporaryNamespace } from "../kubernetes/shared.ts";
import { canary, command, type Delivery, ended, look, reaches } from "./delivery.ts";
import { type Health, startHealth } from "./health.ts";
import { newPodDelivery, POD_CONFIG } from "./image.delivery.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic, type Traffic } from "./traffic.ts";

/** Canaries by the number of ready pods behind one Service: a real API server, pods that run, fall ill and recover. */

const NAME = "greeter";
const ENVIRONMENT = "counted";
const WITHIN_MS = 150_000;
const REPLICAS = 3;
const KEPT_SECONDS = 4;

interface Scaled extends KubeObject {
  spec: { replicas?: number };
}

/** Something that became of an object, with the API server's count of changes: the order of all of them. */
interface Change<T> {
  at: number;
  gone: boolean;
  object: T;
}

const cluster = sharedCluster();
const running = new AsyncDisposableStack();
const stop = new AbortController();
/** All that ever became of the namespace's Services, Deployments and pods. */
const services: Change<KubeObject>[] = [];
const deployments: Change<Scaled>[] = [];
const pods: Change<KubeObject>[] = [];
let namespace: string;
let health: Health;
let system: System;
let delivery: Delivery;
let address: string;
let traffic: Traffic;
/** So many of the failures had to be. */
let excused = 0;

beforeAll(async () => {
  namespace = running.use(await temporaryNamespace(cluster)).name;
  follow("/api/v1", "services", services);
  follow("/apis/apps/v1", "deployments", deployments);
  follow("/api/v1", "pods", pods);
  running.defer(() => stop.abort());
  health = running.use(await startHealth(cluster.hostAddress));
  system = running.use(
    await startSystem({ SLUICE_KUBECONFIG: cluster.kubeconfig, SLUICE_KUBERNETES_NAMESPACES: namespace }),
  );
  const target = { type: "kubernetes" as const, namespace, traffic: { type: "replicas" as const } };
  const body = { targets: [target], protection: { fourEyes: false } };
  await ok(system.client.http.PUT("/v1/environments/{name}", { params: { path: { name: ENVIRONMENT } }, body }));
  delivery = await newPodDelivery(system, NAME, ENVIRONMENT);
  await publish("1.0.0");
  const config = { ...POD_CONFIG, replicas: REPLICAS };
  expect(await ended(system, await delivery.create("1.0.0", { config }), WITHIN_MS)).toMatchObject({
    phase: "completed",
  });
  const service = services.find(({ object }) => wishOf(object) !== null)?.object.metadata.name ?? "";
  const ip = await cluster.kubectl(["-n", namespace, "get", "service", service, "-o", "jsonpath={.spec.clusterIP}"]);
  address = `http://${ip}/`;
  traffic = sendTraffic(address, 20, false);
  running.defer(() => traffic.stop());
}, 240_000);

afterAll(() => running.disposeAsync());

afterEach(() => expect(traffic.failures.slice(excused)).toEqual([]));

function follow<T extends KubeObject>(group: string, plural: string, into: Change<T>[]): void {
  const path = `${group}/namespaces/${namespace}/${plural}`;
  const following = cluster.api.follow<T>(path, stop.signal, ({ type, object }) => {
    into.push({ at: Number(object.metadata.resourceVersion), gone: type === "DELETED", object });
  });
  running.defer(() => following);
}

const publish = (version: string, env: Record<string, string> = {}): Promise<void> =>
  delivery.publish(version, { HEALTH_FROM: health.of(version), ...env });

/** Weights that the Service was told, by revision; null for other Services. */
function wishOf({ metadata }: KubeObject): Record<number, number> | null {
  const written = metadata.annotations?.["sluice.dev/split"];
  return written === undefined ? null : Object.fromEntries(JSON.parse(written) as [number, number][]);
}

/** What the Service was told since then, without repetition. */
function wishesSince(count: number): Record<number, number>[] {
  const told = services
    .slice(count)
    .map(({ object }) => wishOf(object))
    .filter((wish) => wish !== null);
  return told.filter((wish, index) => JSON.stringify(wish) !== JSON.stringify(told[index - 1]));
}

const isOf =
  (revision: number) =>
  ({ object }: Change<KubeObject>): boolean =>
    object.metadata.labels?.["sluice.dev/revision"] === String(revision);

/** How many pods answer, by revision. */
async function answering(): Promise<Record<string, number>> {
  const column = 'jsonpath={range .items[*]}{.metadata.labels.sluice\\.dev/revision}{" "}{end}';
  const printed = await cluster.kubectl([
    "-n",
    namespace,
    "get",
    "pods",
    "-l",
    "sluice.dev/serving=true",
    "-o",
    column,
  ]);
  const revisions = printed.split(" ").filter((word) => word !== "");
  return Object.fromEntries(
    [...new Set(revisions)].map((one) => [one, revisions.filter((other) => other === one).length]),
  );
}

/** Once so many more requests are answered: how many by each version. */
async function answers(count: number): Promise<Map<string, number>> {
  traffic.clear();
  const total = (): number => [...traffic.versions.values()].reduce((sum, each) => sum + each, 0);
  await expect.poll(total).toBeGreaterThanOrEqual(count);
  return new Map(traffic.versions);
}

const stable = async (): Promise<{ revision: number; version: string }> => {
  const { revision, version } = await delivery.get();
  return { revision: revision ?? 0, version: version ?? "" };
};

const APPROVAL = { wait: { approval: true } };

const waitsForApproval = (rollout: { id: string }, step: number) =>
  reaches(system, rollout, (now) => now.step === step && now.allowedCommands.includes("approve"));

test("a plan says which weights the pods can give, and refuses others", async () => {
  await publish("1.1.0");
  const plan = async (weight: number) => {
    const body = {
      deployment: NAME,
      environment: ENVIRONMENT,
      version: "1.1.0",
      strategy: canary([{ setWeight: weight }]),
    };
    const { blocked, validations } = await ok(system.client.http.POST("/v1/rollouts/plan", { body }));
    return { blocked, said: validations.find(({ name }) => name === "traffic")?.message };
  };
  expect(await plan(5)).toEqual({
    blocked: true,
    said: expect.stringMatching(/^5 % needs 19 replicas where pods alone deal the traffic; 3 can give 25 %, /),
  });
  expect(await plan(25)).toEqual({ blocked: false, said: expect.stringMatching(/^replicas can deal the traffic/) });
});

// edge cases 19 and 21
test("the ready pods are the weight, stable keeps its own until the traffic has moved, and they go after the delay", async () => {
  const [before, told, scaled] = [await stable(), services.length, deployments.length];
  const strategy = canary([{ setWeight: 25 }, APPROVAL, { setWeight: 50 }, APPROVAL], {
    keepStableSeconds: KEPT_SECONDS,
  });
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  const [old, fresh] = [before.revision, before.revision + 1];

  await waitsForApproval(rollout, 1);
  expect(await answering()).toEqual({ [old]: 3, [fresh]: 1 });
  const quarter = await answers(300);
  expect([...quarter.keys()].toSorted()).toEqual(["1.0.0", "1.1.0"]);
  expect(quarter.get("1.1.0")).toBeLessThan(150);
  await command(system, rollout, "approve");
  await waitsForApproval(rollout, 3);
  expect(await answering()).toEqual({ [old]: 2, [fresh]: 2 });
  await command(system, rollout, "approve");

  const { phase, finishedAt } = await ended(system, rollout, WITHIN_MS);
  expect(phase).toBe("completed");
  expect([...(await answers(50)).keys()]).toEqual(["1.1.0"]);
  expect(wishesSince(told)).toEqual([
    { [old]: 10_000 },
    { [old]: 7_500, [fresh]: 2_500 },
    { [old]: 5_000, [fresh]: 5_000 },
    { [fresh]: 10_000 },
  ]);
  const moved = services.find(({ object }) => wishOf(object)?.[fresh] === 10_000)?.at ?? Number.NaN;
  const ofOld = deployments.filter(isOf(old));
  const short = (): Change<Scaled> | undefined =>
    deployments
      .slice(scaled)
      .find((change) => isOf(old)(change) && (change.gone || change.object.spec.replicas !== REPLICAS));
  expect(ofOld.length).toBeGreaterThan(0);
  await expect.poll(() => short()?.at).toBeGreaterThan(moved);
  const deleted = (): number[] =>
    pods.filter(isOf(old)).flatMap(({ object: { metadata } }) => {
      if (metadata.deletionTimestamp === undefined) return [];
      return new Date(metadata.deletionTimestamp).getTime() - 1_000 * (metadata.deletionGracePeriodSeconds ?? 0);
    });
  await expect.poll(deleted).not.toEqual([]);
  // Timestamps of the cluster are whole seconds.
  const earliest = new Date(finishedAt ?? 0).getTime() + 1_000 * (KEPT_SECONDS - 1);
  expect(Math.min(...deleted())).toBeGreaterThanOrEqual(earliest);
});

// edge cases 1 and 20
test("a version that comes amid a canary starts from nothing, beside the stable one that never had less than all its pods", async () => {
  await publish("1.2.0");
  await publish("1.3.0");
  const [{ revision }, told, scaled] = [await stable(), services.length, deployments.length];
  const first = await delivery.update({ version: "1.2.0", strategy: canary([{ setWeight: 50 }, APPROVAL]) });
  await waitsForApproval(first, 1);
  const second = await delivery.update({ version: "1.3.0", strategy: canary([{ setWeight: 25 }, APPROVAL]) });
  await waitsForApproval(second, 1);
  expect(await look(system, first)).toMatchObject({ phase: "superseded" });
  expect(await look(system, second)).toMatchObject({ fromVersion: "1.1.0" });
  expect(wishesSince(told).slice(-3)).toEqual([
    { [revision]: 5_000, [revision + 1]: 5_000 },
    { [revision]: 10_000 },
    { [revision]: 7_500, [revision + 2]: 2_500 },
  ]);
  const sizes = deployments.slice(scaled).filter(isOf(revision));
  expect(sizes.every(({ gone, object }) => !gone && object.spec.replicas === REPLICAS)).toBe(true);
  await command(system, second, "approve");
  expect(await ended(system, second, WITHIN_MS)).toMatchObject({ phase: "completed" });
});

// edge case 17
test("a canary that falls ill loses its callers and is waited for, and gets them back when it is well", async () => {
  await publish("1.4.0");
  const { version } = await stable();
  const rollout = await delivery.update({ version: "1.4.0", strategy: canary([{ setWeight: 50 }, APPROVAL]) });
  await waitsForApproval(rollout, 1);
  health.set("1.4.0", false);
  await reaches(system, rollout, ({ weight }) => weight === 0);
  await expect.poll(async () => [...(await answers(20)).keys()]).toEqual([version]);
  expect(await look(system, rollout)).toMatchObject({ phase: "shifting", step: 1 });
  health.set("1.4.0", true);
  await reaches(system, rollout, ({ weight }) => weight === 50);
  await command(system, rollout, "approve");
  expect(await ended(system, rollout, WITHIN_MS)).toMatchObject({ phase: "completed" });
});

// edge cases 18 and 22
test("a canary that has no ready pod is given nothing, ever", async () => {
  await publish("1.5.0");
  health.set("1.5.0", false);
  const [{ revision, version }, told] = [await stable(), services.length];
  const config = { ...POD_CONFIG, replicas: REPLICAS, progressDeadlineSeconds: 5 };
  const rollout = await delivery.update({ version: "1.5.0", config, strategy: canary([{ setWeight: 50 }]) });
  expect(await ended(system, rollout, WITHIN_MS)).toMatchObject({ phase: "failed", weight: 0 });
  for (const wish of wishesSince(told)) expect(wish).toEqual({ [revision]: 10_000 });
  expect([...(await answers(20)).keys()]).toEqual([version]);
});

// edge cases 9 and 23
test("a canary that alone is well keeps its callers on the way back, until stable can take them", async () => {
  await publish("1.6.0");
  const { version } = await stable();
  const rollout = await delivery.update({ version: "1.6.0", strategy: canary([{ setWeight: 50 }, APPROVAL]) });
  await waitsForApproval(rollout, 1);
  health.set(version, false);
  await expect.poll(async () => [...(await answers(20)).keys()]).toEqual(["1.6.0"]);
  await command(system, rollout, "rollback");
  await reaches(system, rollout, ({ phase }) => phase === "rolling_back");
  expect([...(await answers(100)).keys()]).toEqual(["1.6.0"]);
  expect(await look(system, rollout)).toMatchObject({ phase: "rolling_back", weight: 50 });
  health.set(version, true);
  expect(await ended(system, rollout, WITHIN_MS)).toMatchObject({ phase: "rolled_back", weight: 0 });
  expect([...(await answers(50)).keys()]).toEqual([version]);
});

// edge case 12
test("a stable version that is ill is no reason to keep its remedy away", async () => {
  await publish("1.7.0");
  const { version } = await stable();
  health.set(version, false);
  await expect.poll(async () => (await delivery.get()).split.map(({ instances }) => instances.ready)).toEqual([0]);
  const strategy = canary([{ setWeight: 25 }, { wait: { seconds: 1 } }]);
  const rollout = await delivery.update({ version: "1.7.0", strategy });
  expect(await ended(system, rollout, WITHIN_MS)).toMatchObject({ phase: "completed" });
  expect((await ask(address)).version).toBe("1.7.0");
  // Nobody was there to answer for a while.
  expect(traffic.failures.length).toBeGreaterThan(0);
  excused = traffic.failures.length;
});
