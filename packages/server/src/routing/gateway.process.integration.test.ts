import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adminFile, connectGateway } from "@sluice/gateway";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { processConfig } from "../config.ts";
import { freePort } from "../testing/free.port.ts";
import { type RunningGateway, startGateway, stopGateway } from "./gateway.process.ts";

const logger = pino({ level: "silent" });

let dataDir: string;
let running: RunningGateway[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-gateway-"));
});

afterEach(async () => {
  for (const gateway of running) await gateway.leave();
  running = [];
  await stopGateway(dataDir, logger);
  await rm(dataDir, { recursive: true, force: true });
});

async function start(gatewayPort = 0): Promise<RunningGateway> {
  const { programEnv } = processConfig();
  const gateway = await startGateway({ config: { dataDir, bind: "127.0.0.1", gatewayPort, programEnv }, logger });
  running.push(gateway);
  return gateway;
}

const pid = async (): Promise<number> => (await connectGateway(adminFile(dataDir)).address()).pid;
const route = {
  id: "dep_1",
  project: "default",
  deployment: "greeter",
  epoch: 1,
  match: { path: "/greeter" },
  stripPrefix: true,
  stickiness: { by: "none" as const },
  timeouts: { connectMs: 100, responseMs: 100, idleMs: 100 },
  split: [{ revision: 1, weight: 10_000 }],
  pins: [],
  mirror: null,
  backends: [{ revision: 1, version: "1.0.0", endpoints: [] }],
  guard: null,
};

describe("the gateway's process", () => {
  test("is connected when it has started, takes routes over at once and goes on without us", async () => {
    const gateway = await start();
    expect(gateway.link.connected()).toBe(true);
    await gateway.link.put(route);
    expect(gateway.link.route("dep_1")).toMatchObject({ epoch: 1, split: route.split });
    await gateway.leave();
    expect((await fetch(`${gateway.url}/greeter`)).status).toBe(503);
  });

  test("is adopted by the next server", async () => {
    const first = await start();
    const before = await pid();
    await first.leave();
    const second = await start();
    expect(await pid()).toBe(before);
    expect(second.url).toBe(first.url);
  });

  test.each(["SIGKILL", "SIGSTOP"] as const)("is replaced on the same port after %s", async (signal) => {
    const gateway = await start();
    await gateway.link.put(route);
    const before = await pid();
    let connections = 0;
    gateway.link.onConnect(() => {
      connections += 1;
    });
    process.kill(before, signal);
    await expect.poll(() => connections).toBe(1);
    expect(await pid()).not.toBe(before);
    expect(gateway.link.routes()).toEqual(["dep_1"]);
    expect((await fetch(`${gateway.url}/greeter`)).status).toBe(503);
  });

  test("keeps its port when both it and the server were killed", async () => {
    const first = await start();
    await first.leave();
    process.kill(await pid(), "SIGKILL");
    expect((await start()).url).toBe(first.url);
  });

  test("moves when another port is asked for", async () => {
    const first = await start();
    await first.leave();
    const next = await freePort();
    expect(new URL((await start(next)).url).port).toBe(String(next));
    await expect(fetch(first.url)).rejects.toThrow();
  });
});
