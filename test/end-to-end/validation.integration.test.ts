import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONFIG, canary, command, ended, newDelivery } from "./delivery.ts";
import { type System, startSystem } from "./system.ts";
import { sendTraffic } from "./traffic.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

/** The strict one of the first environments. */
const PRODUCTION = "production";

test("a secret in clear text never runs in a strict environment; without it the version comes", async () => {
  const delivery = await newDelivery(system, "careless", PRODUCTION);
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0", { API_TOKEN: "hunter2hunter2" });
  await delivery.publish("1.1.1", { API_TOKEN_FILE: "/run/secrets/api-token" });
  expect(await delivery.deliver("1.0.0")).toMatchObject({ phase: "completed" });
  const traffic = sendTraffic(delivery.url, 25);

  const careless = await ended(
    system,
    await delivery.update({ version: "1.1.0", strategy: canary([{ setWeight: 100 }]) }),
  );
  expect(careless).toMatchObject({ phase: "failed", step: 0 });
  expect(careless.reason).toMatch(/^validation failed: plain-secrets \(high\): API_TOKEN holds a secret in clear text/);
  expect(JSON.stringify(careless.validations)).not.toContain("hunter2");
  expect(careless.validations.find(({ name }) => name === "plain-secrets")).toMatchObject({
    ...{ type: "security", severity: "high", passed: false },
  });
  expect(await delivery.pids(2)).toEqual([]);

  const careful = await ended(
    system,
    await delivery.update({ version: "1.1.1", strategy: canary([{ setWeight: 100 }]) }),
  );
  expect(careful, careful.reason ?? "").toMatchObject({ phase: "completed" });
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
  expect([...traffic.versions.keys()].sort()).toEqual(["1.0.0", "1.1.1"]);
});

test("a version waits for nobody: a service that it needs and that is down stops it, and one that is up lets it come", async () => {
  let status = 503;
  const service = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((done) => service.listen(0, "127.0.0.1", done));
  const address = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  const dependencies = [
    { name: "orders", type: "http" as const, address, path: "/healthz" },
    { name: "cache", type: "tcp" as const, address: "127.0.0.1:1", required: false },
  ];
  const delivery = await newDelivery(system, "needy", "staging");
  await delivery.publish("1.0.0");
  const body = { ...{ name: "needy", artifact: "needy", version: "1.0.0", environment: "staging" } };
  const config = { ...CONFIG, dependencies };

  const plan = await ok(system.client.http.POST("/v1/rollouts/plan", { body: { ...body, config } }));
  expect(plan.blocked).toBe(true);
  const failed = await delivery.deliver("1.0.0", { config });
  expect(failed).toMatchObject({ phase: "failed" });
  expect(failed.reason).toMatch(
    /^validation failed: dependency:orders \(high\): dependency orders \(http \S+\/healthz\) answered 503/,
  );
  expect(failed.reason).not.toContain("cache");
  expect(await delivery.pids(1)).toEqual([]);

  status = 200;
  const end = await ended(system, await command(system, failed, "retry", "orders is back"));
  expect(end, end.reason ?? "").toMatchObject({ phase: "completed" });
  expect(end.validations.filter(({ type }) => type === "dependency")).toMatchObject([
    { name: "dependency:orders", passed: true },
    { name: "dependency:cache", severity: "low", passed: false },
  ]);
  await new Promise((done) => service.close(done));
});
