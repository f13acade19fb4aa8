import type { Rollout } from "@sluice/client";
import { afterAll, beforeAll, type ExpectStatic, test } from "vitest";
import { CONFIG, canary, command, type Delivery, ended, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic, type Traffic } from "./traffic.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

/** Several candidates that eat memory and processor run at once here: on a slow machine everything takes its time. */
const WITHIN_MS = 100_000;

const GREETER = "server.mjs";
/** For a rollout that goes on until something ends it. */
const WAITING = [{ setWeight: 50 }, { wait: { approval: true } }];

/** Version 1.0.0 of the greeter serves, with callers, and 1.1.0 of this mode is registered. */
async function serving(
  name: string,
  mode: string,
  config: object = {},
): Promise<{ greeter: Delivery; traffic: Traffic }> {
  const greeter = await newDelivery(system, name);
  await greeter.publish("1.0.0", { MODE: "good" }, GREETER);
  await greeter.publish("1.1.0", { MODE: mode }, GREETER);
  const first = await greeter.deliver("1.0.0", { config: { ...CONFIG, ...config } });
  if (first.phase !== "completed") throw new Error(`the first delivery is ${first.phase}: ${first.reason}`);
  return { greeter, traffic: sendTraffic(greeter.url, 20) };
}

/** What every way back ends in: the reason and its kind are told, all callers are at stable, the candidate is gone. */
async function isBack(
  expect: ExpectStatic,
  { greeter, traffic }: { greeter: Delivery; traffic: Traffic },
  rollout: Rollout,
  { trigger, reason }: { trigger: string; reason: RegExp },
): Promise<void> {
  const end = await ended(system, rollout, WITHIN_MS);
  expect(end, end.reason ?? "").toMatchObject({ phase: "rolled_back", trigger });
  expect(end.reason).toMatch(reason);
  await until("the candidate is gone", async () => (await greeter.pids(end.toRevision)).length === 0);
  await traffic.stop();
  traffic.clear();
  expect(await ask(greeter.url)).toMatchObject({ status: 200, version: "1.0.0" });
  expect(await greeter.get()).toMatchObject({ status: "running", version: "1.0.0", activeRollout: null });
}

test.concurrent("deployment failure: a candidate that is never ready goes back without a caller", async ({
  expect,
}) => {
  const both = await serving("never-ready", "good");
  await both.greeter.publish("1.2.0", { HEALTH: "500" });
  // Long enough for a program to start, also on a busy machine, and to say no.
  const config = { progressDeadlineSeconds: 10 };
  const rollout = await both.greeter.update({ version: "1.2.0", config, strategy: canary(WAITING) });
  await isBack(expect, both, rollout, { trigger: "deployment_failure", reason: /GET \/healthz answered 500/ });
  expect(both.traffic.failures).toEqual([]);
});

test.concurrent("health check failure: a candidate that falls ill under traffic goes back, though it answers well", async ({
  expect,
}) => {
  // Found ill after five seconds, and not replaced by a fresh instance, ten later, before the deadline ends.
  const healthCheck = { path: "/healthz", intervalSeconds: 0.5, retries: 10 };
  const both = await serving("falls-ill", "sick", { healthCheck });
  const config = { progressDeadlineSeconds: 8 };
  const rollout = await both.greeter.update({ version: "1.1.0", config, strategy: canary(WAITING) });
  await isBack(expect, both, rollout, { trigger: "health_check_failure", reason: /0 of 1 instances ready.*503/s });
  expect(both.traffic.failures).toEqual([]);
});

test.concurrent("performance degradation: a candidate that fails its callers goes back within a few requests", async ({
  expect,
}) => {
  const both = await serving("fails-callers", "failing");
  const rollout = await both.greeter.update({ version: "1.1.0", strategy: canary(WAITING) });
  await isBack(expect, both, rollout, {
    trigger: "performance_degradation",
    reason: /error rate: \d+ of \d+ requests/,
  });
  expect(both.traffic.failures.length).toBeGreaterThan(0);
  expect(both.traffic.failures.length).toBeLessThan(50);
});

test.concurrent("security violation: a candidate that tells strangers too much goes back without a caller; a good one comes", async ({
  expect,
}) => {
  const both = await serving("tells-too-much", "insecure");
  await both.greeter.publish("1.2.0", { MODE: "good" }, GREETER);
  const tests = { securityTest: true, security: { maxBodyBytes: 100_000 } };
  const strategy = canary([{ setWeight: 100 }], { tests });
  const good = await ended(system, await both.greeter.update({ version: "1.2.0", strategy }), WITHIN_MS);
  expect(good, good.reason ?? "").toMatchObject({ phase: "completed" });
  const byName = new Map(good.tests.map((result) => [result.name, result.status]));
  expect(byName.get("security/error-disclosure")).toBe("passed");
  expect(byName.get("security/headers")).toBe("passed");

  both.traffic.clear();
  const rollout = await both.greeter.update({ version: "1.1.0", strategy });
  const end = await ended(system, rollout, WITHIN_MS);
  expect(end, end.reason ?? "").toMatchObject({ phase: "rolled_back", trigger: "security_violation" });
  expect(end.reason).toMatch(/security\/error-disclosure: Answers to bad requests tell too much/);
  expect(end.tests.find(({ name }) => name === "security/headers")).toMatchObject({ status: "failed" });
  await both.traffic.stop();
  expect([...both.traffic.versions.keys()]).toEqual(["1.2.0"]);
  expect(both.traffic.failures).toEqual([]);
});

test.concurrent("security violation: a person who reports one takes the candidate back under that name", async ({
  expect,
}) => {
  const both = await serving("is-reported", "good");
  const rollout = await both.greeter.update({ version: "1.1.0", strategy: canary(WAITING) });
  await reaches(system, rollout, ({ weight }) => weight === 50);
  const body = { comment: "it leaks addresses", trigger: "security_violation" };
  expect(await system.send("POST", `/v1/rollouts/${rollout.id}/rollback`, body)).toMatchObject({ status: 202 });
  await isBack(expect, both, rollout, { trigger: "security_violation", reason: /it leaks addresses/ });
  expect(both.traffic.failures).toEqual([]);
});

test.concurrent("manual: a person takes the candidate back, and says why", async ({ expect }) => {
  const both = await serving("taken-back", "good");
  const rollout = await both.greeter.update({ version: "1.1.0", strategy: canary(WAITING) });
  await reaches(system, rollout, ({ weight }) => weight === 50);
  await command(system, rollout, "rollback", "changed my mind");
  await isBack(expect, both, rollout, { trigger: "manual", reason: /changed my mind/ });
  expect(both.traffic.failures).toEqual([]);
});

test.concurrent("resource exhaustion: a candidate that takes more and more memory goes back at its limit", async ({
  expect,
}) => {
  const both = await serving("leaks", "leaky", { resources: { limits: { memory: "256Mi" } } });
  const rollout = await both.greeter.update({ version: "1.1.0", strategy: canary(WAITING) });
  const reason = /memory: instance \S+ used at least \d+ MiB in each of \d+ samples .* against a limit of 256 MiB/;
  await isBack(expect, both, rollout, { trigger: "resource_exhaustion", reason });
  expect(both.traffic.failures).toEqual([]);
});

// The rule watches the processor for half a minute, so this one cannot be shorter.
test.concurrent("resource exhaustion: a candidate that never lets go of the processor goes back at its limit", async ({
  expect,
}) => {
  const both = await serving("burns", "hungry", { resources: { limits: { cpu: "100m" } } });
  const rollout = await both.greeter.update({ version: "1.1.0", strategy: canary(WAITING) });
  await reaches(system, rollout, ({ weight }) => weight === 50);
  await until("it is seen what the candidate uses", async () => {
    const { body } = await system.send("GET", "/v1/deployments/burns/instances");
    return JSON.stringify(body).includes('"cpuCores"');
  });
  const reason = /processor: instance \S+ used at least [\d.]+ cores in each of \d+ samples .* against a limit of 0\.1/;
  await isBack(expect, both, rollout, { trigger: "resource_exhaustion", reason });
  expect(both.traffic.failures).toEqual([]);
});
