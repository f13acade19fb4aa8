import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { testDatabase } from "../testing/database.ts";
import { serverProcess } from "../testing/server.process.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An address in front of a database, which can be made to lead nowhere; then it counts who comes. */
async function addressOf(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let isAway = false;
  let refused = 0;
  const server = createServer((incoming) => {
    if (isAway) {
      refused += 1;
      incoming.destroy();
      return;
    }
    const outgoing = createConnection(Number(target.port), target.hostname);
    for (const [from, to] of [[incoming, outgoing] as const, [outgoing, incoming] as const]) {
      sockets.add(from);
      from.on("close", () => sockets.delete(from) && to.destroy());
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const own = new URL(url);
  own.port = String((server.address() as AddressInfo).port);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: own.href,
    refused: () => refused,
    leadNowhere() {
      isAway = true;
      cut();
    },
    leadBack() {
      isAway = false;
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}

/** What all parts of a server together may ask of a database that does not answer. */
const MOST_IN_A_SECOND = 60;
/** So many that each part has come many times. */
const ENOUGH = 150;

test("a database that is away is asked at a bounded pace, told of once by each part, and missed no longer than it is away", async () => {
  const database = await testDatabase();
  cleanups.push(() => database.close());
  const address = await addressOf(database.url);
  cleanups.push(() => address.close());
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-away-"));
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
  const server = await serverProcess(dataDir, { DATABASE_URL: address.url });
  await server.start();
  cleanups.push(async () => {
    await server.kill();
    await server.down();
  });
  // Something for each part to look after.
  await server.call("POST", "/v1/artifacts", { name: "greeting", kind: "prompt" });
  const versions = ["1.0.0", "1.1.0"].map((version) => ({ version, spec: { text: `Hello from ${version}` } }));
  for (const version of versions) await server.call("POST", "/v1/artifacts/greeting/versions", version);
  const greeting = { name: "greeting", artifact: "greeting", environment: "staging" };
  await server.call("POST", "/v1/deployments", { ...greeting, version: "1.0.0" });
  const channel = { name: "ops", type: "webhook", url: "http://127.0.0.1:9/hook" };
  await server.call("POST", "/v1/notifications", channel);
  await server.call("POST", "/v1/schedules", {
    name: "nightly",
    schedule: "0 3 * * *",
    action: { type: "restart", deployment: "greeting", environment: "staging" },
  });
  await expect.poll(async () => (await fetch(`${server.url}/v1/resolve/greeting`)).status).toBe(200);

  const since = performance.now();
  address.leadNowhere();
  await expect.poll(address.refused, { interval: 250, timeout: 120_000 }).toBeGreaterThan(ENOUGH);
  const seconds = (performance.now() - since) / 1_000;
  expect(address.refused() / seconds).toBeLessThan(MOST_IN_A_SECOND);
  expect(await fetch(`${server.url}/v1/artifacts`)).toMatchObject({ status: 503 });
  expect(await fetch(`${server.url}/v1/resolve/greeting`)).toMatchObject({ status: 200 });

  address.leadBack();
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
  // The parts work on: a rollout goes through, and the prompt is dealt by it.
  await server.call("PATCH", "/v1/deployments/greeting", { version: "1.1.0" });
  await expect.poll(async () => server.call("GET", "/v1/resolve/greeting")).toMatchObject({ version: "1.1.0" });
  expect(repeated(server.output)).toEqual([]);
});

/** Lines about the outage that the server wrote more than twice: once it may have met it in the middle of its work. */
function repeated(output: string): string[] {
  const counts = new Map<string, number>();
  for (const line of output.split("\n").filter((text) => text.startsWith('{"level":40'))) {
    const { part = "server", msg, reqId } = JSON.parse(line) as { part?: string; msg: string; reqId?: string };
    // One for each request that is refused.
    if (reqId !== undefined) continue;
    const said = `${part}: ${msg}`;
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return [...counts].flatMap(([said, count]) => (count > 2 ? [`${said} (${count} times)`] : []));
}
