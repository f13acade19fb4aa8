import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Environment, ok } from "@sluice/client";
import { afterAll, beforeAll, test } from "vitest";
import { canary, command, ended, look, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic } from "./traffic.ts";

let system: System;
let hooks: Server;
let hookUrl = "";

beforeAll(async () => {
  hooks = createServer((request, response) => {
    if (request.url === "/ok") response.end("fine");
    if (request.url === "/failing") response.writeHead(500).end("the smoke test failed");
    // `/hanging` never gets an answer.
  });
  await new Promise<void>((resolve) => hooks.listen(0, "127.0.0.1", resolve));
  hookUrl = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`;
  system = await startSystem();
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  hooks?.closeAllConnections();
  hooks?.close();
});

/** Version 1.0.0 serves under a light load; 1.1.0 is the candidate. */
async function served(name: string, candidate: Record<string, string> = {}) {
  const delivery = await newDelivery(system, name);
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0", candidate);
  await delivery.deliver("1.0.0");
  return { ...delivery, traffic: sendTraffic(delivery.url, 10) };
}

test.concurrent("blue-green: only the preview header leads to the candidate, until all traffic switches at once", async ({
  expect,
}) => {
  const { traffic, ...delivery } = await served("blue-green");
  const rollout = await delivery.update({
    version: "1.1.0",
    strategy: { type: "blue-green", previewRoute: "/preview" },
  });
  await reaches(system, rollout, ({ step }) => step === 2);
  traffic.clear();
  for (let i = 0; i < 20; i += 1) {
    expect((await ask(delivery.url, { "x-sluice-preview": "/preview" })).version).toBe("1.1.0");
    expect((await ask(delivery.url, { "x-sluice-preview": "/other" })).version).toBe("1.0.0");
  }
  expect([...traffic.versions.keys()]).toEqual(["1.0.0"]);
  const old = await delivery.pids(1);
  await command(system, rollout, "promote");
  expect(await ended(system, rollout)).toMatchObject({ phase: "completed" });
  traffic.clear();
  await until("the new one answers", () => (traffic.versions.get("1.1.0") ?? 0) > 20);
  expect([...traffic.versions.keys()]).toEqual(["1.1.0"]);
  expect(await delivery.pids(1)).toEqual(old);
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test.concurrent.for([
  ["good", {}],
  ["failing", { STATUS: "500" }],
  ["hanging", { DELAY_MS: "60000" }],
] as const)("shadow: a %s candidate gets copies, and users never see it", async ([name, env], { expect }) => {
  const { traffic, ...delivery } = await served(`shadow-${name}`, env);
  const strategy = { type: "shadow" as const, durationSeconds: 600 };
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  await reaches(system, rollout, ({ step, phase }) => step === 1 || phase === "rolled_back");
  traffic.clear();
  await until("a hundred answers", () => (traffic.versions.get("1.0.0") ?? 0) >= 100);
  const { phase } = await look(system, rollout);
  if (phase === "shifting") {
    if (name === "good") {
      const copies = async () => {
        const params = { path: { id: delivery.name }, query: { environment: "development" } };
        const { revisions } = await ok(system.client.http.GET("/v1/deployments/{id}/metrics", { params }));
        return revisions.find(({ revision }) => revision === 2)?.requests ?? 0;
      };
      await until("copies are counted", async () => (await copies()) > 20);
    }
    await command(system, rollout, "promote");
  }
  const end = await ended(system, rollout);
  expect(["completed", "rolled_back"]).toContain(end.phase);
  if (name === "good") expect(end.phase).toBe("completed");
  await until("the candidate is gone", async () => (await delivery.pids(2)).length === 0);
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
  expect([...traffic.versions.keys()]).toEqual(["1.0.0"]);
  expect(await delivery.get()).toMatchObject({ status: "running", version: "1.0.0", revision: 1 });
});

test.concurrent("ab: the header decides who sees which version", async ({ expect }) => {
  const { traffic, ...delivery } = await served("ab");
  const strategy = { type: "ab" as const, match: { header: { "X-Group": "b" } }, durationSeconds: 600 };
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  await reaches(system, rollout, ({ step }) => step === 1);
  traffic.clear();
  for (let i = 0; i < 20; i += 1) {
    expect((await ask(delivery.url, { "x-group": "b" })).version).toBe("1.1.0");
    expect((await ask(delivery.url, { "x-group": "a" })).version).toBe("1.0.0");
  }
  expect([...traffic.versions.keys()]).toEqual(["1.0.0"]);
  await command(system, rollout, "cancel");
  expect(await ended(system, rollout)).toMatchObject({ phase: "cancelled" });
  expect((await ask(delivery.url, { "x-group": "b" })).version).toBe("1.0.0");
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test.concurrent("gradual: the weight rises by the increment until the candidate has everything", async ({ expect }) => {
  const { traffic, ...delivery } = await served("gradual");
  const strategy = { type: "gradual" as const, initialPercentage: 25, increment: 40, intervalSeconds: 1 };
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  const weights: number[] = [];
  await system.client.waitForRollout(rollout.id, {
    intervalMs: 50,
    onUpdate: ({ weight }) => weights.at(-1) === weight || weights.push(weight),
  });
  expect(weights).toEqual([0, 25, 65, 100]);
  expect(await look(system, rollout)).toMatchObject({ phase: "completed" });
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test.concurrent.for([
  ["ok", "completed", null],
  ["failing", "rolled_back", /hook.*answered 500: the smoke test failed/],
  ["hanging", "rolled_back", /hook.*no answer within 1 s/],
] as const)("a hook that is %s: the rollout is %s", async ([answer, phase, reason], { expect }) => {
  const { traffic, ...delivery } = await served(`hook-${answer}`);
  const hook = { url: `${hookUrl}/${answer}`, timeoutSeconds: 1 };
  const rollout = await delivery.update({ version: "1.1.0", strategy: canary([{ setWeight: 20 }, { hook }]) });
  const end = await ended(system, rollout);
  expect(end.phase).toBe(phase);
  if (reason !== null) expect(end.reason).toMatch(reason);
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
});

test.concurrent("a freeze window holds a rollout back until the window is gone, and a way back is never frozen", async ({
  expect,
}) => {
  const params = { path: { name: "frozen" } };
  const protect = (freezeWindows: Environment["protection"]["freezeWindows"]) =>
    ok(
      system.client.http.PUT("/v1/environments/{name}", {
        params,
        body: { tier: "custom", protection: { freezeWindows } },
      }),
    );
  await protect([]);
  const delivery = await newDelivery(system, "frozen", "frozen");
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0");
  await delivery.deliver("1.0.0");
  const shifted = await delivery.update({ version: "1.1.0", strategy: { type: "immediate", keepStableSeconds: 600 } });
  expect(await ended(system, shifted)).toMatchObject({ phase: "completed" });
  await protect([{ schedule: "* * * * *", durationMinutes: 60, timezone: "UTC" }]);

  const back = await command(system, shifted, "rollback");
  expect(await ended(system, back)).toMatchObject({ phase: "completed", toVersion: "1.0.0" });
  await delivery.publish("1.2.0");
  const blocked = await delivery.update({ version: "1.2.0" });
  const body = { deployment: "frozen", environment: "frozen", version: "1.2.0" };
  const plan = await system.send("POST", "/v1/rollouts/plan", body);
  expect(plan).toMatchObject({ status: 200, body: { frozenUntil: expect.any(String) } });
  // The engine is at work all the while: elsewhere, what is asked for later is delivered.
  const elsewhere = await newDelivery(system, "not-frozen");
  await elsewhere.publish("1.0.0");
  expect(await elsewhere.deliver("1.0.0")).toMatchObject({ phase: "completed" });
  expect((await ask(delivery.url)).version).toBe("1.0.0");
  expect(await look(system, blocked)).toMatchObject({ phase: "queued" });
  await protect([]);
  expect(await ended(system, blocked)).toMatchObject({ phase: "completed" });
  expect((await ask(delivery.url)).version).toBe("1.2.0");
});
