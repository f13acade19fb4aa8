import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { CONFIG, canary, ended, IMMEDIATE, newDelivery } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic } from "./traffic.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const MEGABYTE = 1024 * 1024;

/** Bytes of all files in the folder and below. */
async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files.map(async (file) => {
    const found = file.isFile() ? await stat(join(file.parentPath, file.name)).catch(() => null) : null;
    return found?.size ?? 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

// edge cases 22, 37. A program must have had the time to start and say why it fails, on a slow machine too.
test.concurrent.for([
  ["never-opens-its-port", "silent.mjs", {}, 2, /nothing listens on/],
  ["exits-at-once", "exits.mjs", {}, 10, /exited with status 1.*the setting GREETING is missing/s],
  ["answers-garbage", "garbage.mjs", {}, 10, /not HTTP/],
  ["is-never-healthy", "program.mjs", { HEALTH: "500" }, 10, /GET \/healthz answered 500/],
  ["is-not-there", "nobody-wrote-this.mjs", {}, 10, /Cannot find module/],
] as const)(
  "a candidate that %s gets no traffic and goes back, saying why",
  async ([name, program, env, progressDeadlineSeconds, why], { expect }) => {
    const delivery = await newDelivery(system, name);
    await delivery.publish("1.0.0");
    await delivery.publish("1.1.0", env, program);
    expect(await delivery.deliver("1.0.0")).toMatchObject({ phase: "completed" });
    const traffic = sendTraffic(delivery.url, 25);
    const rollout = await delivery.update({
      version: "1.1.0",
      config: { progressDeadlineSeconds },
      strategy: canary([{ setWeight: 50 }]),
    });
    const end = await ended(system, rollout);
    expect(end).toMatchObject({ phase: "rolled_back", step: 0 });
    expect(end.reason).toMatch(why);
    await until("the candidate is gone", async () => (await delivery.pids(2)).length === 0);
    await traffic.stop();
    expect(traffic.failures).toEqual([]);
    expect([...traffic.versions.keys()]).toEqual(["1.0.0"]);
    expect(await delivery.get()).toMatchObject({ status: "running", version: "1.0.0", activeRollout: null });
  },
);

test.concurrent("a command that does not exist fails validation, naming the program", async ({ expect }) => {
  const delivery = await newDelivery(system, "no-program");
  await system.send("POST", "/v1/artifacts/no-program/versions", {
    version: "1.0.0",
    spec: { command: ["no-such-program-anywhere", "--serve"] },
  });
  const end = await delivery.deliver("1.0.0");
  expect(end).toMatchObject({ phase: "failed" });
  expect(end.reason).toBe("validation failed: program (critical): program no-such-program-anywhere is not on PATH");
  expect(await delivery.get()).toMatchObject({ status: "failed", activeRollout: null });
});

// edge case 17
test.concurrent("a program that exits after it has served for a while comes back, and no caller notices", async ({
  expect,
}) => {
  const delivery = await newDelivery(system, "exits-later");
  await delivery.publish("1.0.0");
  await delivery.deliver("1.0.0", { config: { ...CONFIG, replicas: 2 } });
  const before = await delivery.pids(1);
  const traffic = sendTraffic(delivery.url, 10);
  expect((await fetch(`${delivery.url}/exit`, { method: "POST" })).status).toBe(200);
  await until("another instance is there", async () => {
    const now = await delivery.pids(1);
    const { split } = await delivery.get();
    return now.some((pid) => !before.includes(pid)) && split[0]?.instances.ready === 2;
  });
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
  expect(await delivery.get()).toMatchObject({ status: "running" });
});

test.concurrent("a program that ignores SIGTERM is ended when its time is up", async ({ expect }) => {
  const delivery = await newDelivery(system, "ignores-sigterm");
  await delivery.publish("1.0.0", { IGNORE_TERM: "1" });
  await delivery.publish("1.1.0");
  await delivery.deliver("1.0.0", { config: { ...CONFIG, stopSeconds: 1 } });
  const stubborn = await delivery.pids(1);
  expect(stubborn).toHaveLength(1);
  const traffic = sendTraffic(delivery.url, 10);
  expect(await ended(system, await delivery.update({ version: "1.1.0", strategy: IMMEDIATE }))).toMatchObject({
    phase: "completed",
  });
  await until("it is ended", () => !stubborn.some(alive));
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test.concurrent("a candidate that prints 200 MB leaves a bounded part of it on disk, the last line included", async ({
  expect,
}) => {
  const delivery = await newDelivery(system, "prints-a-lot");
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0", { MEGABYTES: "200" }, "flood.mjs");
  await delivery.deliver("1.0.0");
  const traffic = sendTraffic(delivery.url, 25);
  // It answers "ok" to everything, which is no JSON: only the mirror may reach it.
  const strategy = { type: "shadow" as const, durationSeconds: 600, mirrorPercentage: 100 };
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  const lastLine = async () => {
    const answer = await fetch(`${system.url}/v1/deployments/prints-a-lot/logs?revision=2&tail=1`);
    return (await answer.text()).includes("the last line");
  };
  await until("it has printed everything", lastLine);
  const instances = join(system.dataDir, "instances");
  await until("what it printed is cut down", async () => (await sizeOf(instances)) < 64 * MEGABYTE);
  await system.send("POST", `/v1/rollouts/${rollout.id}/cancel`, {});
  expect(await ended(system, rollout)).toMatchObject({ phase: "cancelled" });
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
  expect((await ask(delivery.url)).version).toBe("1.0.0");
});
