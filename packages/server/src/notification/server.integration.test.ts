import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerProcess, serverProcess } from "../testing/server.process.ts";
import { startReceiver, type TestReceiver } from "./testing/receiver.ts";

let dataDir: string;
let server: ServerProcess;
let receiver: TestReceiver;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-notify-"));
  receiver = await startReceiver();
  server = await serverProcess(dataDir);
  await server.start();
});
afterAll(async () => {
  await receiver?.close();
  await server?.down();
  await rm(dataDir, { recursive: true, force: true });
});

const ids = () => receiver.received.map(({ headers }) => headers["webhook-id"]);

test("kill -9 of the server between sending and recording: the next one sends the same message under the same id", async () => {
  await server.call("POST", "/v1/notifications", { name: "incidents", type: "webhook", url: receiver.url });
  // The receiver has the message, and the server never hears so.
  receiver.answers(() => undefined);
  await server.call("POST", "/v1/notifications/incidents/test");
  await server.call("POST", "/v1/notifications/incidents/test");
  await expect.poll(() => receiver.received.length).toBe(1);
  await server.kill();
  await server.start();
  await expect.poll(() => receiver.received.length).toBe(3);
  const [first, again, second] = ids();
  expect(again).toBe(first);
  expect(second).not.toBe(first);
  expect(receiver.received[1]?.text).toBe(receiver.received[0]?.text);
  const { items } = await server.call<{ items: { status: string }[] }>("GET", "/v1/notifications/incidents/deliveries");
  expect(items.map(({ status }) => status)).toEqual(["delivered", "delivered"]);
});

test("a deployment that fails is told of as deployment_failure, and as resolved when the next one completes", async () => {
  const before = receiver.received.length;
  await server.call("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  for (const [version, MODE] of [
    ["1.0.0", "good"],
    ["1.1.0", "failing"],
    ["1.2.0", "good"],
  ]) {
    const spec = { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { MODE, VERSION: version } };
    await server.call("POST", "/v1/artifacts/greeter/versions", { version, spec });
  }
  const tests = { functional: [{ name: "greets", request: { path: "/" } }] };
  const strategy = { type: "immediate", tests };
  const place = { name: "greeter", artifact: "greeter", environment: "development", route: { path: "/greeter" } };
  const deliver = async (version: string): Promise<string> => {
    const { rollout } =
      version === "1.0.0"
        ? await server.call<{ rollout: { id: string } }>("POST", "/v1/deployments", { ...place, version, strategy })
        : await server.call<{ rollout: { id: string } }>("PATCH", "/v1/deployments/greeter?environment=development", {
            version,
            strategy,
          });
    const phase = async () => (await server.call<{ phase: string }>("GET", `/v1/rollouts/${rollout.id}`)).phase;
    await expect.poll(phase).toMatch(/^(completed|rolled_back)$/);
    return rollout.id;
  };
  await deliver("1.0.0");
  const failed = await deliver("1.1.0");
  await expect.poll(() => receiver.received.length).toBe(before + 1);
  await deliver("1.2.0");
  await expect.poll(() => receiver.received.length).toBe(before + 2);
  const incidents = receiver.received.slice(before).map(({ body }) => (body.data as { incident: string }).incident);
  expect(new Set(incidents).size).toBe(1);
  const [firing, resolved] = receiver.received.slice(before).map(({ body }) => body);
  expect(firing).toMatchObject({
    type: "sluice.alert.firing",
    data: {
      alert: "deployment_failure",
      ...{ rollout: failed, fromVersion: "1.0.0", toVersion: "1.1.0", trigger: "test_failure", kind: "application" },
      ...{ environment: "development", summary: "greeter 1.1.0 in development: deployment failed" },
    },
  });
  expect(resolved).toMatchObject({
    type: "sluice.alert.resolved",
    data: { alert: "deployment_failure", state: "resolved" },
  });
});
