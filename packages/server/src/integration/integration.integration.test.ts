import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startReceiver, type TestReceiver } from "../notification/testing/receiver.ts";
import { type ServerProcess, serverProcess } from "../testing/server.process.ts";

interface RolloutView {
  id: string;
  phase: string;
  reason: string | null;
  validations: { name: string; severity: string; passed: boolean; message: string }[];
}

let dataDir: string;
let server: ServerProcess;
let orchestrator: TestReceiver;
/** Answers its health as it is told. */
let factory: Server;
let healthy = true;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-services-"));
  orchestrator = await startReceiver();
  factory = createServer((_, response) => response.writeHead(healthy ? 200 : 503).end());
  await new Promise<void>((resolve) => factory.listen(0, "127.0.0.1", resolve));
  server = await serverProcess(dataDir);
  await server.start();
  await server.call("POST", "/v1/artifacts", { name: "analyst", kind: "agent" });
  for (const [version, MODE] of [
    ["1.0.0", "good"],
    ["1.1.0", "failing"],
    ["1.2.0", "good"],
  ]) {
    const spec = { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { MODE, VERSION: version } };
    await server.call("POST", "/v1/artifacts/analyst/versions", { version, spec });
  }
});
afterAll(async () => {
  await orchestrator?.close();
  factory?.close();
  await server?.down();
  await rm(dataDir, { recursive: true, force: true });
});

const ANALYST = "/v1/deployments/analyst?environment=staging";
const strategy = { type: "immediate", tests: { functional: [{ name: "greets", request: { path: "/" } }] } };
const factoryAddress = () => `127.0.0.1:${(factory.address() as AddressInfo).port}`;

async function ended({ rollout }: { rollout: { id: string } }): Promise<RolloutView> {
  const read = () => server.call<RolloutView>("GET", `/v1/rollouts/${rollout.id}`);
  await expect.poll(async () => (await read()).phase).toMatch(/^(completed|rolled_back|failed)$/);
  return read();
}

const deliver = async (version: string): Promise<RolloutView> =>
  ended(await server.call("PATCH", ANALYST, { version, strategy }));

const told = () =>
  orchestrator.received.map(({ body }) => `${body.type} ${(body.data as { version: string }).version}`);

test("a required service that is down stops a deployment in validation, and names itself; an advisory one is a note", async () => {
  const health = { type: "http", address: factoryAddress(), path: "/health" };
  await server.call("PUT", "/v1/integrations/brain-factory", { kinds: ["agent"], environments: ["staging"], health });
  await server.call("PUT", "/v1/integrations/plugin-registry", { required: false, health });
  await server.call("PUT", "/v1/integrations/elsewhere", { kinds: ["prompt"], health });
  healthy = false;
  const body = { name: "analyst", artifact: "analyst", version: "1.0.0", environment: "staging", strategy };
  const route = { path: "/analyst" };
  const refused = await ended(await server.call("POST", "/v1/deployments", { ...body, route }));
  expect(refused.phase).toBe("failed");
  expect(refused.reason).toContain("integration:brain-factory (high): service brain-factory");
  const asked = refused.validations.filter(({ name }) => name.startsWith("integration:"));
  expect(asked).toMatchObject([
    { name: "integration:brain-factory", severity: "high", passed: false },
    { name: "integration:plugin-registry", severity: "low", passed: false },
  ]);
  expect(asked[0]?.message).toContain("answered 503; one attempt, which passes with an answer from 200 to 399");
  healthy = true;
});

test("a plan says what a service would answer, before anything is made", async () => {
  const plan = await server.call<RolloutView>("POST", "/v1/rollouts/plan", {
    ...{ name: "planned", artifact: "analyst", version: "1.0.0", environment: "staging", strategy },
  });
  expect(plan.validations).toContainEqual(expect.objectContaining({ name: "integration:brain-factory", passed: true }));
});

test("a service is told of registration and deregistration, as signed messages, when rollouts complete, are rolled back, and deployments are removed", async () => {
  const { secret } = await server.call<{ secret: string }>("PUT", "/v1/integrations/orchestrator", {
    kinds: ["agent"],
    webhook: { url: orchestrator.url },
  });
  const retried = await server.call<{ id: string }>("PATCH", ANALYST, { version: "1.2.0", strategy }).catch(() => null);
  expect(retried).not.toBeNull();
  await expect.poll(told).toEqual(["agent.registered 1.2.0"]);
  const [message] = orchestrator.received;
  const headers = Object.fromEntries(
    Object.entries(message?.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  expect(new Webhook(secret).verify(message?.text ?? "", headers)).toMatchObject({
    type: "agent.registered",
    data: {
      ...{ state: "registered", project: "default", environment: "staging", kind: "agent", artifact: "analyst" },
      ...{ version: "1.2.0", path: "/analyst", deployment: { name: "analyst" } },
    },
  });
  const registrations = () =>
    server.call<{ items: { version: string }[] }>("GET", "/v1/integrations/orchestrator/registrations");
  expect((await registrations()).items).toMatchObject([{ version: "1.2.0", state: "registered" }]);

  // A candidate that is taken back is deregistered; what served before stays.
  expect((await deliver("1.1.0")).phase).toBe("rolled_back");
  await expect.poll(told).toEqual(["agent.registered 1.2.0", "agent.deregistered 1.1.0"]);
  expect((await registrations()).items).toMatchObject([{ version: "1.2.0" }]);

  await server.call("DELETE", ANALYST);
  await expect.poll(told).toEqual(["agent.registered 1.2.0", "agent.deregistered 1.1.0", "agent.deregistered 1.2.0"]);
  expect((await registrations()).items).toEqual([]);
  const { items } = await server.call<{ items: { status: string; type: string }[] }>(
    "GET",
    "/v1/integrations/orchestrator/deliveries",
  );
  expect(items).toHaveLength(3);
});

test("an integration is listed, put back as it was read, and forgotten", async () => {
  const read = await server.call<Record<string, unknown>>("GET", "/v1/integrations/orchestrator");
  expect(read).not.toHaveProperty("secret");
  expect(await server.call("PUT", "/v1/integrations/orchestrator", read)).toEqual(read);
  const { items } = await server.call<{ items: { name: string }[] }>("GET", "/v1/integrations");
  expect(items.map(({ name }) => name)).toEqual(["brain-factory", "elsewhere", "orchestrator", "plugin-registry"]);
  for (const { name } of items) {
    const answer = await fetch(`${server.url}/v1/integrations/${name}`, { method: "DELETE" });
    expect(answer.status).toBe(204);
  }
  expect((await fetch(`${server.url}/v1/integrations/orchestrator`)).status).toBe(404);
});

test.each([
  [{}, "health"],
  [{ health: { address: "nowhere" } }, "health.address"],
  [{ health: { type: "tcp", address: "127.0.0.1:1", path: "/x" } }, "health.path"],
  [{ health: { address: "http://user:pw@127.0.0.1" } }, "health.address"],
  [{ webhook: { url: "ftp://x" } }, "webhook.url"],
  [{ webhook: { url: "https://x.example/(not shown)" } }, "webhook.url"],
  [{ health: { address: "127.0.0.1:1" }, kinds: ["robot"] }, "kinds[0]"],
  [{ health: { address: "127.0.0.1:1" }, more: 1 }, "more"],
])("an integration is not made of %j: %s is named", async (body, field) => {
  const answer = await fetch(`${server.url}/v1/integrations/bad`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(400);
  const { errors } = (await answer.json()) as { errors: { field: string }[] };
  expect(errors.map((error) => error.field)).toContain(field);
});
