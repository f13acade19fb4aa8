import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTerminal, type Phase } from "@sluice/core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { type ServerProcess, serverProcess } from "../testing/server.process.ts";
import { sendTraffic } from "../testing/traffic.ts";

interface RolloutView {
  id: string;
  phase: Phase;
  reason: string | null;
  allowedCommands: string[];
}
interface EventView {
  type: string;
  rollout: string | null;
  message: string;
}
interface Items<Item> {
  items: Item[];
}
interface ServerView {
  id: string;
  url: string;
  alive: boolean;
  deployments: number;
}

const IN = "environment=development";
const GREETER = `/v1/deployments/greeter?${IN}`;

/** Real servers on one database, each with a data folder and a gateway of its own. */
let database: TestDatabase;
let settings: Record<string, string>;
const folders: string[] = [];
const servers: ServerProcess[] = [];
let hooks: Server;
let hookUrl: string;
const called: string[] = [];

async function server(more: Record<string, string> = {}): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-several-"));
  folders.push(folder);
  const created = await serverProcess(folder, { ...settings, ...more });
  servers.push(created);
  return created;
}

beforeAll(async () => {
  database = await testDatabase(2);
  settings = { DATABASE_URL: database.url, SLUICE_SECRET_KEY: randomBytes(32).toString("base64"), SLUICE_WORKERS: "4" };
  hooks = createServer((request, response) => {
    called.push(String(request.headers["webhook-id"]));
    response.end();
  }).listen(0, "127.0.0.1");
  await once(hooks, "listening");
  const address = hooks.address();
  hookUrl = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/`;
});

afterEach(({ task }) => {
  // Who reads of the failure wants to know what the servers said.
  if (task.result?.state === "fail")
    for (const { url, output } of servers) process.stderr.write(`${url}:\n${output}\n`);
});

afterAll(async () => {
  await Promise.all(servers.map((one) => one.down()));
  hooks.close();
  await database.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

const rollout = (at: ServerProcess, id: string) => at.call<RolloutView>("GET", `/v1/rollouts/${id}`);

const ended = async (at: ServerProcess, id: string): Promise<RolloutView> => {
  await expect.poll(async () => isTerminal((await rollout(at, id)).phase), { timeout: 90_000 }).toBe(true);
  return rollout(at, id);
};

async function release(at: ServerProcess, version: string): Promise<void> {
  const spec = { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { VERSION: version } };
  await at.call("POST", "/v1/artifacts/greeter/versions", { version, spec });
}

const instancesAt = async (at: ServerProcess) =>
  (await at.call<Items<{ id: string; state: string }>>("GET", `/v1/deployments/greeter/instances?${IN}`)).items;

const listed = async (at: ServerProcess) => (await at.call<Items<ServerView>>("GET", "/v1/servers")).items;

/** Which of the servers has the greeter for itself, and which has not. */
async function holderAmong(left: ServerProcess, right: ServerProcess): Promise<[ServerProcess, ServerProcess]> {
  const holder = (await listed(left)).find(({ deployments }) => deployments > 0);
  return holder?.url === left.url ? [left, right] : [right, left];
}

// edge cases 38 and 40
test("servers of one database: one has what runs on its machine, all answer for it, and an upgrade amid a rollout loses nothing", async () => {
  const [first, second] = [await server(), await server()];
  await Promise.all([first.start(), second.start()]);
  await expect.poll(async () => (await listed(first)).filter(({ alive }) => alive).length).toBe(2);
  await first.call("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  await release(first, "1.0.0");
  const created = await first.call<{ rollout: RolloutView }>("POST", "/v1/deployments", {
    name: "greeter",
    artifact: "greeter",
    version: "1.0.0",
    environment: "development",
    config: { replicas: 2, healthCheck: { path: "/healthz", intervalSeconds: 0.2 }, stopSeconds: 2 },
    route: { path: "/greeter" },
    strategy: { type: "immediate", keepStableSeconds: 0 },
  });
  expect(await ended(second, created.rollout.id)).toMatchObject({ phase: "completed" });

  const [holder, other] = await holderAmong(first, second);
  // Two instances on one machine, not two on each; and both servers show the same two.
  await expect.poll(async () => (await instancesAt(holder)).map(({ state }) => state)).toEqual(["ready", "ready"]);
  const ids = (await instancesAt(holder)).map(({ id }) => id);
  await expect.poll(async () => (await instancesAt(other)).map(({ id }) => id)).toEqual(ids);
  expect(await (await fetch(`${other.url}/v1/deployments/greeter/logs?${IN}`)).text()).toContain(ids[0]);
  const traffic = sendTraffic(`${holder.gatewayUrl}/greeter`, 20);

  await release(other, "1.1.0");
  const { rollout: canary } = await other.call<{ rollout: RolloutView }>("PATCH", GREETER, {
    version: "1.1.0",
    strategy: {
      type: "canary",
      steps: [
        { setWeight: 20 },
        { hook: { url: hookUrl } },
        { wait: { approval: true } },
        { setWeight: 60 },
        { hook: { url: hookUrl } },
      ],
      keepStableSeconds: 0,
      analysis: { metrics: [{ name: "error_rate" }] },
    },
  });
  // The answer of the hook is on disk: nobody may call it again.
  await expect.poll(async () => (await rollout(other, canary.id)).allowedCommands).toContain("approve");
  expect(called).toHaveLength(1);

  // The holder is upgraded: it goes, and comes back on its folder. Meanwhile the other answers, and a third one joins.
  await holder.kill();
  expect(await rollout(other, canary.id)).toMatchObject({ phase: "shifting" });
  const third = await server();
  await Promise.all([third.start(), holder.start()]);
  await other.call("POST", `/v1/rollouts/${canary.id}/approve`, {});
  expect(await ended(third, canary.id)).toMatchObject({ phase: "completed" });
  for (const one of [holder, other, third]) {
    expect(await one.call("GET", GREETER)).toMatchObject({ status: "running", version: "1.1.0" });
  }

  // The one that has nothing is replaced, as the other half of the upgrade.
  await other.stop();
  await other.start();
  expect(await other.call("GET", "/readyz")).toMatchObject({ ready: true });

  await traffic.stop();
  expect(traffic.failures).toEqual([]);
  expect(called).toHaveLength(2);
  expect(new Set(called).size).toBe(2);
  const answer = await fetch(`${third.url}/v1/events?limit=200`, { headers: { accept: "application/json" } });
  const { items: events } = (await answer.json()) as Items<EventView>;
  const told = events.filter(({ rollout: of }) => of === canary.id).map(({ type, message }) => `${type}: ${message}`);
  expect(told.length).toBeGreaterThan(5);
  expect(new Set(told).size).toBe(told.length);
  expect(await third.call("GET", "/v1/audit/verify")).toMatchObject({ valid: true });
});

test("a server that is forgotten while it is away loses what it had, which goes on elsewhere, and ends it when it is back", async () => {
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error("no servers");
  const [holder, other] = await holderAmong(first, second);
  const { id } = (await listed(other)).find(({ url }) => url === holder.url) ?? { id: "" };
  await expect(other.call("DELETE", `/v1/servers/${id}`)).rejects.toThrow(/is alive; allowed: one that was stopped/);
  await holder.stop();
  await other.call("DELETE", `/v1/servers/${id}`);
  const newHolder = async () => (await listed(other)).find(({ deployments }) => deployments > 0)?.url;
  await expect.poll(newHolder).toBeDefined();
  const url = await newHolder();
  const next = servers.find((one) => one.url === url);
  if (next === undefined) throw new Error("another server has it");
  await expect.poll(async () => (await instancesAt(next)).filter(({ state }) => state === "ready").length).toBe(2);
  const before = new Set((await instancesAt(next)).map(({ id: instance }) => instance));
  await holder.start();
  // Its own are gone from its machine: what it shows is what the new holder has.
  await expect.poll(async () => (await fetch(`${holder.gatewayUrl}/greeter`)).status, { timeout: 90_000 }).toBe(404);
  expect(new Set((await instancesAt(holder)).map(({ id: instance }) => instance))).toEqual(before);
});

test("a server that seals with another key is refused, as it could open nothing", async () => {
  const [first = await server()] = servers;
  await first.start();
  await expect.poll(async () => (await listed(first)).find(({ url }) => url === first.url)?.alive).toBe(true);
  const stranger = await server({ SLUICE_SECRET_KEY: randomBytes(32).toString("base64") });
  await expect(stranger.start()).rejects.toThrow(/seals secrets with another key than the server at http/);
});
