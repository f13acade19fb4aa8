import { ok } from "@sluice/client";
import { afterAll, beforeAll, test } from "vitest";
import { CONFIG, canary, command, ended, IMMEDIATE, look, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic } from "./traffic.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

/** A canary that stays at this weight until somebody says something. */
const held = (weight: number) => canary([{ setWeight: weight }, { wait: { approval: true } }]);

/** Settled at its first step: the weight is verified at the gateway. */
const holds = (rollout: { step: number; phase: string }) => rollout.phase === "shifting" && rollout.step === 1;

// edge cases 11, 12
test.concurrent("a broken first delivery has failed and says why; nobody is sent to it; a fixed version then serves", async ({
  expect,
}) => {
  const delivery = await newDelivery(system, "first");
  await delivery.publish("1.0.0", {}, "exits.mjs");
  await delivery.publish("1.0.1");
  const failed = await delivery.deliver("1.0.0");
  expect(failed).toMatchObject({ phase: "failed", outcome: "failed" });
  expect(failed.reason).toContain("the setting GREETING is missing");
  expect(await delivery.get()).toMatchObject({ status: "failed", activeRollout: null });
  expect((await ask(delivery.url)).status).toBe(404);

  const fixed = await delivery.update({
    version: "1.0.1",
    strategy: canary([{ setWeight: 5 }, { wait: { seconds: 600 } }]),
  });
  expect(await ended(system, fixed)).toMatchObject({ phase: "completed", fromRevision: null });
  expect(await ask(delivery.url)).toMatchObject({ status: 200, version: "1.0.1" });
  expect(await delivery.get()).toMatchObject({ status: "running", version: "1.0.1" });
  await until("nothing of the broken one is left", async () => (await delivery.pids(1)).length === 0);
});

// edge case 13
test.concurrent("bad after bad after good: each newer one proceeds, none waits for the deadline of the one before", async ({
  expect,
}) => {
  const delivery = await newDelivery(system, "bad-bad-good");
  await delivery.publish("1.0.0", {}, "silent.mjs");
  await delivery.publish("1.0.1", {}, "silent.mjs");
  await delivery.publish("1.0.2");
  const first = await delivery.create("1.0.0", { config: { ...CONFIG, progressDeadlineSeconds: 600 } });
  await reaches(system, first, ({ phase }) => phase === "preparing");
  const second = await delivery.update({ version: "1.0.1" });
  const third = await delivery.update({ version: "1.0.2" });
  expect(await ended(system, third)).toMatchObject({ phase: "completed", fromRevision: null });
  expect(await look(system, first)).toMatchObject({ phase: "superseded", reason: `superseded by ${second.id}` });
  expect(await look(system, second)).toMatchObject({ phase: "superseded", reason: `superseded by ${third.id}` });
  expect((await ask(delivery.url)).version).toBe("1.0.2");
  await until("only the last is left", async () =>
    (await delivery.get()).split.every(({ version }) => version === "1.0.2"),
  );
});

// edge cases 1, 2, 7
test.concurrent("newer revisions in the middle of a canary start from stable, and traffic is never on a third", async ({
  expect,
}) => {
  const delivery = await newDelivery(system, "superseded");
  for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]) await delivery.publish(version);
  await delivery.deliver("1.0.0");
  const traffic = sendTraffic(delivery.url, 10);
  const first = await delivery.update({ version: "1.1.0", strategy: held(30) });
  await reaches(system, first, holds);
  const second = await delivery.update({ version: "1.2.0", strategy: held(30) });
  await reaches(system, second, holds);
  traffic.clear();
  await until(
    "both answer",
    () => (traffic.versions.get("1.2.0") ?? 0) > 5 && (traffic.versions.get("1.0.0") ?? 0) > 5,
  );
  expect(traffic.versions.has("1.1.0")).toBe(false);
  const third = await delivery.update({ version: "1.3.0", strategy: held(50) });
  await reaches(system, third, holds);
  await command(system, third, "approve");
  for (const rollout of [first, second]) {
    expect(await ended(system, rollout)).toMatchObject({ phase: "superseded", fromRevision: 1, weight: 0 });
  }
  expect(await ended(system, third)).toMatchObject({ phase: "completed", fromRevision: 1, toRevision: 4 });
  await until("the last serves all", async () => (await delivery.get()).split.every(({ revision }) => revision === 4));
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

// edge case 6
test.concurrent("a rollout that was rolled back can be tried again, and then goes through", async ({ expect }) => {
  const delivery = await newDelivery(system, "retried");
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0");
  await delivery.deliver("1.0.0");
  const traffic = sendTraffic(delivery.url, 10);
  const rollout = await delivery.update({ version: "1.1.0", strategy: held(30) });
  await reaches(system, rollout, holds);
  await command(system, rollout, "rollback", "too early");
  expect(await ended(system, rollout)).toMatchObject({
    phase: "rolled_back",
    reason: expect.stringContaining("too early"),
  });
  const again = await command(system, rollout, "retry");
  expect(again.id).not.toBe(rollout.id);
  await reaches(system, again, holds);
  await command(system, again, "approve");
  expect(await ended(system, again)).toMatchObject({ phase: "completed", retryOf: rollout.id, toRevision: 2 });
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test.concurrent.for([
  ["while the old revision is warm", "warm", 600],
  ["after the old revision was removed", "cold", 0],
] as const)("a completed rollout is rolled back %s", async ([_, name, keepStableSeconds], { expect }) => {
  const delivery = await newDelivery(system, name);
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0");
  await delivery.deliver("1.0.0");
  const old = await delivery.pids(1);
  const traffic = sendTraffic(delivery.url, 10);
  const rollout = await delivery.update({ version: "1.1.0", strategy: { ...IMMEDIATE, keepStableSeconds } });
  expect(await ended(system, rollout)).toMatchObject({ phase: "completed" });
  if (keepStableSeconds === 0) await until("the old one is gone", async () => (await delivery.pids(1)).length === 0);
  const back = await command(system, rollout, "rollback", "it smells");
  expect(back).toMatchObject({ rollbackOf: rollout.id, toRevision: 1 });
  expect(await ended(system, back)).toMatchObject({ phase: "completed" });
  expect(await look(system, rollout)).toMatchObject({
    phase: "rolled_back",
    reason: expect.stringContaining("it smells"),
  });
  const now = await delivery.pids(1);
  expect(now.length).toBe(1);
  expect(now[0] === old[0]).toBe(keepStableSeconds > 0);
  await until("the first version answers", async () => (await ask(delivery.url)).version === "1.0.0");
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test.concurrent("a stopped deployment answers that it is, refuses changes, and starts again as it was", async ({
  expect,
}) => {
  const delivery = await newDelivery(system, "stopped");
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0");
  await delivery.deliver("1.0.0");
  await delivery.act("stop");
  await until("it has no instances", async () => (await delivery.pids(1)).length === 0);
  expect(await delivery.get()).toMatchObject({ status: "stopped", version: "1.0.0" });
  expect((await ask(delivery.url)).status).toBe(503);
  await expect(delivery.update({ version: "1.1.0" })).rejects.toThrow(/is stopped; start it first/);
  await delivery.act("start");
  await until("it serves", async () => (await ask(delivery.url)).status === 200);
  expect(await delivery.get()).toMatchObject({ status: "running", version: "1.0.0" });
});

// edge cases 14, 15
test.concurrent("scaling in the middle of a canary keeps its share and its place; both finish", async ({ expect }) => {
  const delivery = await newDelivery(system, "scaled");
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0");
  await delivery.deliver("1.0.0", { config: { ...CONFIG, replicas: 2 } });
  const traffic = sendTraffic(delivery.url, 10);
  const rollout = await delivery.update({ version: "1.1.0", strategy: held(50) });
  await reaches(system, rollout, holds);
  await delivery.scale(4);
  const instances = (desired: number) => ({ desired, ready: desired });
  await until("both revisions have grown", async () => {
    const { split } = await delivery.get();
    return split.every(({ role, instances: { ready } }) => ready === (role === "stable" ? 4 : 2));
  });
  expect((await delivery.get()).split).toMatchObject([
    { version: "1.0.0", weight: 50, instances: instances(4) },
    { version: "1.1.0", weight: 50, instances: instances(2) },
  ]);
  expect(await look(system, rollout)).toMatchObject({ phase: "shifting", step: 1, weight: 50 });
  await command(system, rollout, "approve");
  expect(await ended(system, rollout)).toMatchObject({ phase: "completed" });
  await until("four of the new are left", async () => {
    const { split } = await delivery.get();
    return split.length === 1 && split[0]?.instances.ready === 4 && split[0].version === "1.1.0";
  });
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test.concurrent.for([
  ["under load", "deleted", false],
  ["in the middle of a rollout", "deleted-midway", true],
] as const)(
  "a deployment deleted %s goes without a trace, and its name and route are free again",
  async ([_, name, midway], { expect }) => {
    const delivery = await newDelivery(system, name);
    await delivery.publish("1.0.0");
    await delivery.publish("1.1.0");
    await delivery.deliver("1.0.0");
    const traffic = sendTraffic(delivery.url, 10);
    const rollout = midway ? await delivery.update({ version: "1.1.0", strategy: held(30) }) : null;
    if (rollout !== null) await reaches(system, rollout, holds);
    const pids = [...(await delivery.pids(1)), ...(midway ? await delivery.pids(2) : [])];
    expect(pids.length).toBe(midway ? 2 : 1);
    await delivery.remove();
    await until(
      "it is gone",
      async () => (await system.send("GET", `/v1/deployments/${name}?environment=development`)).status === 404,
    );
    await traffic.stop();
    // Whoever is turned away is told so by the gateway; nobody hangs or loses a connection.
    expect(traffic.failures.filter((failure) => !/^(404|503) /.test(failure))).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect((await ask(delivery.url)).status).toBe(404);

    expect(await delivery.deliver("1.1.0")).toMatchObject({ phase: "completed", toRevision: 1 });
    expect(await ask(delivery.url)).toMatchObject({ status: 200, version: "1.1.0" });
    const { items } = await ok(system.client.http.GET("/v1/deployments"));
    expect(items.filter((deployment) => deployment.name === name)).toHaveLength(1);
  },
);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
