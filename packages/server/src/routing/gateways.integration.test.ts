import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTerminal, type Phase } from "@sluice/core";
import { connectRemoteGateway } from "@sluice/gateway";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { type GatewayProcess, gatewayProcess } from "../testing/gateway.process.ts";
import { type ServerProcess, serverProcess } from "../testing/server.process.ts";
import { sendTraffic, type Traffic } from "../testing/traffic.ts";

interface RolloutView {
  id: string;
  phase: Phase;
  step: number;
  reason: string | null;
  allowedCommands: string[];
}

const TOKEN = randomBytes(24).toString("base64url");
const GREETER = "/v1/deployments/greeter?environment=development";

/** One server, and two gateways that run by themselves. */
let folder: string;
let server: ServerProcess;
let left: GatewayProcess;
let right: GatewayProcess;
let releases = 0;
let traffic: Traffic | null = null;

beforeAll(async () => {
  [left, right] = [await gatewayProcess(TOKEN), await gatewayProcess(TOKEN)];
  await Promise.all([left.start(), right.start()]);
  folder = await mkdtemp(join(tmpdir(), "sluice-gateways-"));
  server = await serverProcess(folder, {
    SLUICE_GATEWAYS: `${left.adminUrl},${right.adminUrl}`,
    SLUICE_GATEWAY_TOKEN: TOKEN,
    SLUICE_GATEWAY_URL: left.url,
  });
  await server.start();
  await server.call("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  const { rollout } = await server.call<{ rollout: RolloutView }>("POST", "/v1/deployments", {
    name: "greeter",
    artifact: "greeter",
    version: await release("good"),
    environment: "development",
    config: { replicas: 1, healthCheck: { path: "/healthz", intervalSeconds: 0.2 }, stopSeconds: 2 },
    route: { path: "/greeter" },
    strategy: { type: "immediate", keepStableSeconds: 0 },
  });
  expect(await ended(rollout.id)).toMatchObject({ phase: "completed" });
});

afterEach(async ({ task }) => {
  await traffic?.stop();
  traffic = null;
  if (task.result?.state === "fail") process.stderr.write(server.output);
});

afterAll(async () => {
  await server?.down();
  await Promise.all([left?.remove(), right?.remove()]);
  await rm(folder, { recursive: true, force: true });
});

async function release(mode: "good" | "failing"): Promise<string> {
  releases += 1;
  const version = `1.${releases}.0`;
  const spec = { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { MODE: mode, VERSION: version } };
  await server.call("POST", "/v1/artifacts/greeter/versions", { version, spec });
  return version;
}

async function deliver(version: string, steps: object[], analysis: object = { metrics: [{ name: "error_rate" }] }) {
  const strategy = { type: "canary", steps, keepStableSeconds: 0, analysis };
  const { rollout } = await server.call<{ rollout: RolloutView }>("PATCH", GREETER, { version, strategy });
  return rollout.id;
}

/** What is looked at while it lasts lasts until the test says so. */
const APPROVAL = { wait: { approval: true } };

/** Until it is at its approval, which it gets to when both gateways have confirmed the split before it. */
const asks = (id: string) => expect.poll(async () => (await rollout(id)).allowedCommands).toContain("approve");

const approve = (id: string) => server.call("POST", `/v1/rollouts/${id}/approve`, {});

const rollout = (id: string) => server.call<RolloutView>("GET", `/v1/rollouts/${id}`);

async function ended(id: string): Promise<RolloutView> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const found = await rollout(id);
    if (isTerminal(found.phase)) return found;
    if (Date.now() > deadline) throw new Error(`not ended: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Weights in force at a gateway, as it says itself. */
async function splitAt({ adminUrl }: GatewayProcess): Promise<Record<string, number>> {
  const admin = connectRemoteGateway({ url: adminUrl, token: TOKEN, ca: null });
  try {
    const [route] = (await admin.snapshot()).routes;
    const split = (route?.split ?? []).filter(({ weight }) => weight > 0);
    return Object.fromEntries(split.map(({ revision, weight }) => [revision, weight / 100]));
  } finally {
    await admin.close();
  }
}

const versionAt = async ({ url }: GatewayProcess): Promise<unknown> => {
  const answer = await fetch(`${url}/greeter`);
  return answer.ok ? ((await answer.json()) as { version: string }).version : answer.status;
};

test("callers are dealt by both, and what both counted adds up", async () => {
  const version = await release("good");
  const id = await deliver(version, [{ setWeight: 50 }, APPROVAL]);
  await asks(id);
  expect(await Promise.all([splitAt(left), splitAt(right)])).toEqual([
    { 1: 50, 2: 50 },
    { 1: 50, 2: 50 },
  ]);
  await approve(id);
  expect(await ended(id)).toMatchObject({ phase: "completed" });
  expect(await Promise.all([versionAt(left), versionAt(right)])).toEqual([version, version]);
  const counted = async () => {
    const metrics = await server.call<{ revisions: { revision: number; requests: number }[] }>(
      "GET",
      "/v1/deployments/greeter/metrics?environment=development",
    );
    return metrics.revisions.find(({ revision }) => revision === 2)?.requests;
  };
  await expect.poll(counted).toBe(2);
});

// edge case 19
test("while one is held up a rollout stays where it is, and goes on when that one has caught up", async () => {
  const version = await release("good");
  const id = await deliver(version, [{ setWeight: 20 }, APPROVAL, { setWeight: 60 }, { wait: { seconds: 1 } }]);
  await asks(id);
  expect(await splitAt(right)).toMatchObject({ 3: 20 });
  right.signal("SIGSTOP");
  onTestFinished(() => right.signal("SIGCONT"));
  await approve(id);
  // What one that is silent does is not known any more after two seconds; then nothing moves, for longer than all waits take.
  const picture = async () => ({ step: (await rollout(id)).step, split: await splitAt(left) });
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  const held = await picture();
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  expect(await picture()).toEqual(held);
  expect(await rollout(id)).toMatchObject({ phase: "shifting" });
  right.signal("SIGCONT");
  expect(await ended(id)).toMatchObject({ phase: "completed" });
  expect(await Promise.all([splitAt(left), splitAt(right)])).toEqual([{ 3: 100 }, { 3: 100 }]);
});

test("one that dies and begins anew is told everything again", async () => {
  const version = await release("good");
  const id = await deliver(version, [{ setWeight: 20 }, APPROVAL, { setWeight: 60 }]);
  await asks(id);
  expect(await splitAt(right)).toMatchObject({ 4: 20 });
  await right.kill();
  await right.start({ empty: true });
  await approve(id);
  expect(await ended(id)).toMatchObject({ phase: "completed" });
  expect(await Promise.all([splitAt(left), splitAt(right)])).toEqual([{ 4: 100 }, { 4: 100 }]);
  expect(await versionAt(right)).toBe(version);
});

test("one guard that closes takes the rollout back at all gateways", async () => {
  const id = await deliver(await release("failing"), [{ setWeight: 50 }, { wait: { seconds: 600 } }]);
  await expect
    .poll(() => Promise.all([splitAt(left), splitAt(right)]))
    .toEqual([
      { 4: 50, 5: 50 },
      { 4: 50, 5: 50 },
    ]);
  // Nobody calls the other one: it has seen nothing.
  traffic = sendTraffic(`${left.url}/greeter`, 5);
  expect(await ended(id)).toMatchObject({ phase: "rolled_back", reason: expect.stringContaining("(seen by gateway-") });
  await expect.poll(() => Promise.all([splitAt(left), splitAt(right)])).toEqual([{ 4: 100 }, { 4: 100 }]);
});

test("without one that is gone for long the rollout goes on, and that one gets no old split when it is back", async () => {
  const version = await release("good");
  const id = await deliver(version, [{ setWeight: 20 }, APPROVAL, { setWeight: 60 }]);
  await asks(id);
  expect(await splitAt(right)).toMatchObject({ 6: 20 });
  await right.kill();
  await approve(id);
  expect(await ended(id)).toMatchObject({ phase: "completed" });
  // On its disk is the split of then.
  await right.start();
  await expect.poll(() => splitAt(right)).toEqual({ 6: 100 });
  expect(await versionAt(right)).toBe(version);
});
