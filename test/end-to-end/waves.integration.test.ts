import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONFIG, canary, command, ended, IMMEDIATE, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic } from "./traffic.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

const US = { "x-sluice-target": "us" };

/** Version 1.0.0 serves at two targets on this machine, one wave each, under a light load at the first. */
async function served(name: string, candidate: Record<string, string> = {}) {
  const targets = ["eu", "us"].map((target) => ({ type: "process" as const, name: target }));
  const body = { targets, waves: [{ targets: ["eu"], bakeSeconds: 1 }, { targets: ["us"] }] };
  await ok(system.client.http.PUT("/v1/environments/{name}", { params: { path: { name } }, body }));
  const delivery = await newDelivery(system, name, name);
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0", candidate);
  expect(await delivery.deliver("1.0.0")).toMatchObject({ phase: "completed" });
  return { ...delivery, traffic: sendTraffic(delivery.url, 10) };
}

test("a good version goes from target to target, though the server is killed again and again, and comes back as one", async () => {
  const { traffic, ...delivery } = await served("abroad");
  expect((await ask(delivery.url, US)).version).toBe("1.0.0");
  const steps = [{ setWeight: 30 }, { wait: { seconds: 1 } }];
  const rollout = await delivery.update({ version: "1.1.0", strategy: canary(steps) });
  await reaches(system, rollout, ({ members }) => (members?.[0]?.weight ?? 0) >= 30);
  await system.kill();
  await system.start();
  await reaches(system, rollout, ({ members }) => members?.[0]?.state === "done");
  await system.kill();
  await system.start();
  await reaches(system, rollout, ({ members }) => (members?.[1]?.weight ?? 0) > 0);
  await system.kill();
  await system.start();
  const end = await ended(system, rollout);
  expect(end).toMatchObject({ phase: "completed", weight: 100, steps: [{ type: "wave" }, {}, { type: "wave" }] });
  expect([(await ask(delivery.url)).version, (await ask(delivery.url, US)).version]).toEqual(["1.1.0", "1.1.0"]);

  const back = await ok(
    system.client.http.POST("/v1/deployments/{id}/rollback", {
      params: { path: { id: "abroad" }, query: { environment: "abroad" } },
      body: { scope: "all", reason: "slow" },
    }),
  );
  expect(await ended(system, back)).toMatchObject({ phase: "completed", toVersion: "1.0.0" });
  expect([(await ask(delivery.url)).version, (await ask(delivery.url, US)).version]).toEqual(["1.0.0", "1.0.0"]);
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test("a bad version is seen at the first target, and never comes to the second", async () => {
  const { traffic, ...delivery } = await served("careful", { STATUS: "500" });
  const rollout = await delivery.update({
    version: "1.1.0",
    strategy: canary([{ setWeight: 50 }, { analyze: { seconds: 30 } }]),
  });
  const end = await ended(system, rollout);
  expect(end).toMatchObject({ phase: "rolled_back", trigger: "performance_degradation" });
  expect(end.reason).toMatch(/^target eu: /);
  expect(end.members).toMatchObject([{ target: "eu" }, { target: "us", state: "waiting", rollout: null }]);
  traffic.clear();
  await until("the old one answers", () => (traffic.versions.get("1.0.0") ?? 0) > 50);
  expect([...traffic.versions.keys()]).toEqual(["1.0.0"]);
  await traffic.stop();
});

test("instances, logs and figures of all targets are read at once, and all end with the deployment", async () => {
  const { traffic, ...delivery } = await served("whole");
  await traffic.stop();
  for (let request = 0; request < 5; request += 1) await ask(delivery.url, US);
  const pids = await delivery.pids(1);
  expect(pids).toHaveLength(2 * CONFIG.replicas);
  const params = { path: { id: "whole" }, query: { environment: "whole" } };
  // Gateways count in ticks.
  await until("all requests are counted", async () => {
    const { revisions } = await ok(system.client.http.GET("/v1/deployments/{id}/metrics", { params }));
    return (revisions[0]?.requests ?? 0) >= traffic.requests + 5;
  });
  const logs = await fetch(`${system.url}/v1/deployments/whole/logs?environment=whole`).then((answer) => answer.text());
  expect(logs.match(/version 1.0.0 listens/g)).toHaveLength(2);
  const rollout = await delivery.update({ version: "1.1.0", strategy: IMMEDIATE });
  await command(system, rollout, "cancel");
  expect(await ended(system, rollout)).toMatchObject({ phase: "cancelled" });
  await delivery.remove();
  await until("nothing runs", () => pids.every((pid) => !isAlive(pid)));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
