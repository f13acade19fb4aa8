import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ok, type paths } from "@sluice/client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Delivery, ended, IMMEDIATE, newDelivery, reaches } from "./delivery.ts";
import { type System, startSystem } from "./system.ts";

type GateBody = paths["/v1/gates/{name}"]["put"]["requestBody"]["content"]["application/json"];

let system: System;
let delivery: Delivery;
/** What the outside evaluation service answers with, and what it was asked. */
let service: Server;
let figures: (dataset: string | null) => { status: number; body: object } = () => ({ status: 404, body: {} });
const asked: { path: string; token: string | undefined }[] = [];

beforeAll(async () => {
  service = createServer((request, response) => {
    asked.push({ path: request.url ?? "", token: request.headers.authorization });
    const { status, body } = figures(new URL(request.url ?? "", "http://x").searchParams.get("dataset"));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const { port } = service.address() as AddressInfo;
  system = await startSystem({ SLUICE_EVAL_ADDRESS: `http://127.0.0.1:${port}/figures`, SLUICE_EVAL_TOKEN: "sesame" });
  delivery = await newDelivery(system, "greeter");
  for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"]) await delivery.publish(version);
  await delivery.deliver("1.0.0");
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  service?.closeAllConnections();
  service?.close();
});

afterEach(async () => {
  const { items } = await ok(system.client.http.GET("/v1/gates"));
  for (const { name } of items) {
    await ok(system.client.http.DELETE("/v1/gates/{name}", { params: { path: { name } } }));
  }
});

const gate = (name: string, body: GateBody) =>
  ok(system.client.http.PUT("/v1/gates/{name}", { params: { path: { name } }, body }));

const record = (version: string, score: number) =>
  ok(
    system.client.http.POST("/v1/evaluations", {
      body: { artifact: "greeter", version, dataset: "smoke", metrics: { score }, sampleCount: 50 },
    }),
  );

const asksForScore: GateBody = {
  artifact: "greeter",
  conditions: [{ type: "eval_score", dataset: "smoke", threshold: 0.9 }],
};

test("a version waits at its gate, and goes on as soon as a good evaluation is recorded", async () => {
  await gate("quality", asksForScore);
  const rollout = await delivery.update({ version: "1.1.0", strategy: IMMEDIATE });
  const waiting = await reaches(system, rollout, ({ gates }) => gates[0]?.status === "waiting");
  expect(waiting).toMatchObject({
    phase: "gating",
    gates: [{ gate: "quality", message: expect.stringContaining("greeter 1.1.0 has no evaluation on smoke yet") }],
  });
  expect((await delivery.get()).version).toBe("1.0.0");
  await record("1.1.0", 0.95);
  expect(await ended(system, rollout, 90_000)).toMatchObject({
    phase: "completed",
    gates: [{ status: "passed", conditions: [{ observed: 0.95, threshold: 0.9 }] }],
  });
});

test("a version that is not good enough never gets any traffic, and the rollout says what was seen", async () => {
  await gate("quality", asksForScore);
  await record("1.2.0", 0.7);
  const rollout = await ended(system, await delivery.update({ version: "1.2.0", strategy: IMMEDIATE }), 90_000);
  expect(rollout).toMatchObject({
    phase: "gates_failed",
    reason: expect.stringContaining("score on smoke is 0.7 (50 samples, evaluation eva_"),
  });
  const { version, split } = await delivery.get();
  expect(version).toBe("1.1.0");
  expect(split.filter(({ weight }) => weight > 0)).toMatchObject([{ version: "1.1.0", weight: 100 }]);
  expect(split.map((part) => part.version)).not.toContain("1.2.0");
});

test("figures that an outside service has are asked for, once it is up, and recorded", async () => {
  await gate("nightly", { conditions: [{ type: "custom", expression: "evaluations.nightly.metrics.accuracy > 0.8" }] });
  // edge case 25
  figures = () => ({ status: 503, body: {} });
  const rollout = await delivery.update({ version: "1.3.0", strategy: IMMEDIATE });
  const waiting = await reaches(system, rollout, ({ gates }) => gates[0]?.status === "waiting");
  expect(waiting.gates[0]?.message).toContain("the evaluation service answered 503");
  figures = (dataset) => ({
    status: dataset === "nightly" ? 200 : 404,
    body: { metrics: { accuracy: 0.85 }, sampleCount: 12 },
  });
  expect(await ended(system, rollout, 90_000)).toMatchObject({ phase: "completed", gates: [{ status: "passed" }] });
  expect(asked.every(({ token }) => token === "Bearer sesame")).toBe(true);
  const query = { artifact: "greeter", version: "1.3.0" };
  const { items } = await ok(system.client.http.GET("/v1/evaluations", { params: { query } }));
  expect(items).toMatchObject([{ dataset: "nightly", source: "service", metrics: { accuracy: 0.85 } }]);
});

test("an advisory gate reports and stops nothing; a limit of waiting ends it", async () => {
  await gate("advice", { ...asksForScore, required: false, waitSeconds: 0 });
  const rollout = await ended(system, await delivery.update({ version: "1.4.0", strategy: IMMEDIATE }), 90_000);
  expect(rollout).toMatchObject({ phase: "completed", gates: [{ gate: "advice", required: false, status: "failed" }] });
  await gate("strict", { ...asksForScore, waitSeconds: 1 });
  const late = await ended(system, await delivery.update({ version: "1.5.0", strategy: IMMEDIATE }), 90_000);
  expect(late).toMatchObject({
    phase: "gates_failed",
    reason: expect.stringContaining("the 1 s that it was waited for"),
  });
});
