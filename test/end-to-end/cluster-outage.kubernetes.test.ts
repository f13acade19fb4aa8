import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster, type TestCluster } from "../kubernetes/cluster.ts";
import { installGatewayApi } from "../kubernetes/gateway-api.ts";
import { playGateway } from "../kubernetes/gateway-player.ts";
import { GATEWAY_CLASS } from "../kubernetes/global-setup.ts";
import { startPodRunner } from "../kubernetes/pod-runner.ts";
import { sharesOf } from "./cluster.splits.ts";
import { type ClusterSystem, clusterSystem, GREETER, GREETS, IN, WITHIN_MS } from "./cluster.ts";

/** An API server that dies amid a canary. It has a cluster of its own: nobody else's is to die with it. */

const running = new AsyncDisposableStack();
let cluster: TestCluster;
let system: ClusterSystem;

beforeAll(async () => {
  // Its nodes say only once that they are ready: nobody may take them for lost while they cannot say anything.
  cluster = running.use(await startCluster({ controllerFlags: ["--node-monitor-grace-period=1h"] }));
  running.use(await startPodRunner(cluster));
  await installGatewayApi(cluster);
  running.use(await playGateway(cluster, { className: GATEWAY_CLASS }));
  system = running.use(await clusterSystem(cluster));
}, 3 * WITHIN_MS);

afterAll(() => running.disposeAsync(), WITHIN_MS);

const approval = { wait: { approval: true } };
const readyInstances = async (): Promise<number> => {
  const { items } = await system.call<{ items: { state: string }[] }>("GET", `${GREETER}/instances?${IN}`);
  return items.filter(({ state }) => state === "ready").length;
};

// edge cases 19, 42 and 47
test("callers notice nothing, nothing is said to be ready, and the canary goes on when it is back", {
  timeout: 3 * WITHIN_MS,
}, async () => {
  const before = await system.stable();
  const stable = [...system.envoy.answers.keys()].at(-1) ?? "";
  const version = await system.release();
  const dealtSince = system.splits.since();
  const id = await system.deliver(version, {
    type: "canary",
    steps: [{ setWeight: 20 }, approval, { setWeight: 60 }, approval],
  });
  await expect.poll(system.dealt, { timeout: WITHIN_MS }).toContainEqual([before + 1, 2_000]);
  await expect.poll(async () => (await system.rollout(id)).step, { timeout: WITHIN_MS }).toBe(1);
  expect(await readyInstances()).toBeGreaterThanOrEqual(3);

  await cluster.stopApiServer();
  await system.call("POST", `/v1/rollouts/${id}/approve`, { comment: "while nobody can be asked" });
  await system.answered(stable, 50);
  await system.answered(version, 10);
  // What was heard before is no answer for long.
  await expect.poll(readyInstances, { timeout: WITHIN_MS }).toBe(0);
  expect(await system.rollout(id)).toMatchObject({ phase: "shifting", step: 2 });

  await cluster.startApiServer();
  await expect.poll(system.dealt, { timeout: WITHIN_MS }).toContainEqual([before + 1, 6_000]);
  await expect
    .poll(() => system.call("POST", `/v1/rollouts/${id}/approve`, { comment: "" }).catch(() => null), {
      timeout: WITHIN_MS,
    })
    .not.toBeNull();
  expect(await system.ended(id)).toMatchObject({ phase: "completed", reason: null });
  await expect.poll(system.dealt).toEqual([[before + 1, 10_000]]);
  expect(sharesOf(before + 1, dealtSince())).toEqual([0, 2_000, 6_000, 10_000]);
  await system.expectWell();
});

// edge case 22
test("a candidate that was being started is started when it is back, and gets nobody before", {
  timeout: 3 * WITHIN_MS,
}, async () => {
  await system.rest();
  const before = await system.stable();
  // It takes its time to start, so that there is a time to die at.
  const version = await system.release({}, ["sh", "-c", `sleep 5; exec ${GREETS.join(" ")}`]);
  const dealtSince = system.splits.since();
  const id = await system.deliver(version, { type: "canary", steps: [{ setWeight: 50 }] });
  await expect.poll(async () => (await system.rollout(id)).phase, { timeout: WITHIN_MS }).toBe("preparing");
  await cluster.stopApiServer();
  await expect.poll(readyInstances, { timeout: WITHIN_MS }).toBe(0);
  expect(await system.rollout(id)).toMatchObject({ phase: "preparing" });
  expect(system.envoy.answers.get(version)).toBeUndefined();
  await cluster.startApiServer();
  expect(await system.ended(id)).toMatchObject({ phase: "completed", reason: null });
  expect(sharesOf(before + 1, dealtSince())).toEqual([0, 5_000, 10_000]);
  await system.answered(version);
  await system.expectWell();
});
