import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTerminal, type Phase } from "@sluice/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ServerProcess, serverProcess } from "../testing/server.process.ts";
import { sendTraffic, type Traffic } from "../testing/traffic.ts";
import { CRASH_POINTS, type CrashPoint } from "./crash.ts";

interface RolloutView {
  id: string;
  phase: Phase;
  reason: string | null;
  toVersion: string;
}

/** How often a point is passed before the server dies there: enough for its start to be over and the rollout to go on. */
const PASSES: Partial<Record<CrashPoint, number>> = {
  "after-load": 4,
  "after-observe": 8,
  "after-apply": 8,
  "before-persist": 4,
  "inside-persist": 4,
  "after-persist": 4,
  "after-gateway-publish": 3,
};

const GREETER = "/v1/deployments/greeter";
const IN = "environment=development";
/** Milliseconds into a rollout that takes about two seconds. Each is in its test's name, to be tried again. */
const RANDOM_MOMENTS = Array.from({ length: 4 }, () => Math.round(Math.random() * 2_500));
const GOOD_STEPS = [{ setWeight: 20 }, { wait: { seconds: 1 } }, { setWeight: 60 }];

let dataDir: string;
let server: ServerProcess;
let traffic: Traffic;
let hookServer: Server;
let hookUrl: string;
let releases = 0;

/** Registers a new version of the greeter. */
async function release(mode: "good" | "failing"): Promise<string> {
  releases += 1;
  const version = `1.${releases}.0`;
  const spec = {
    command: ["node", "server.mjs"],
    workdir: "examples/greeter",
    env: { MODE: mode, VERSION: version },
  };
  await server.call("POST", "/v1/artifacts/greeter/versions", { version, spec });
  return version;
}

async function deliver(version: string, steps: object[] = GOOD_STEPS, tests: object | null = null): Promise<string> {
  const analysis = { metrics: [{ name: "error_rate" }] };
  const strategy = { type: "canary", steps, tests, keepStableSeconds: 1, analysis };
  const { rollout } = await server.call<{ rollout: RolloutView }>("PATCH", `${GREETER}?${IN}`, { version, strategy });
  return rollout.id;
}

/** The rollout's end, whatever happens to the server meanwhile. */
async function ended(id: string): Promise<RolloutView> {
  const deadline = Date.now() + 90_000;
  for (let last: unknown; Date.now() < deadline; ) {
    const rollout = await server.call<RolloutView>("GET", `/v1/rollouts/${id}`).catch((error: unknown) => {
      last = error;
    });
    if (rollout && isTerminal(rollout.phase)) return rollout;
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (Date.now() >= deadline)
      throw new Error(`not ended: ${JSON.stringify(rollout ?? String(last))}\n${server.output}`);
  }
  throw new Error("not ended");
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`in vain waited for ${what}\n${server.output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** No rollout goes on, and nothing is left of the one before: from here on, every pass of a crash point is of the next. */
async function rest(): Promise<void> {
  await until(async () => {
    const { items } = await server.call<{ items: { revision: number }[] }>("GET", `${GREETER}/instances?${IN}`);
    const { activeRollout } = await server.call<{ activeRollout: string | null }>("GET", `${GREETER}?${IN}`);
    return activeRollout === null && new Set(items.map((instance) => instance.revision)).size === 1;
  }, "rest");
}

/** An answer of the version, from now on. */
async function answers(version: string): Promise<void> {
  const before = traffic.versions.get(version) ?? 0;
  await until(() => (traffic.versions.get(version) ?? 0) > before, `an answer of ${version}`);
}

async function expectHealthy(): Promise<void> {
  expect(await server.call("GET", "/v1/audit/verify")).toMatchObject({ valid: true });
  expect(traffic.failures).toEqual([]);
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-crash-"));
  hookServer = createServer((_request, response) => response.end());
  await new Promise<void>((resolve) => hookServer.listen(0, "127.0.0.1", resolve));
  const address = hookServer.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  hookUrl = `http://127.0.0.1:${address.port}/`;

  server = await serverProcess(dataDir);
  await server.start();
  await server.call("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  const { rollout } = await server.call<{ rollout: RolloutView }>("POST", "/v1/deployments", {
    name: "greeter",
    artifact: "greeter",
    version: await release("good"),
    environment: "development",
    config: { replicas: 2, healthCheck: { path: "/healthz", intervalSeconds: 0.2 }, stopSeconds: 2 },
    route: { path: "/greeter" },
    strategy: { type: "immediate", keepStableSeconds: 0 },
  });
  expect((await ended(rollout.id)).phase).toBe("completed");
  traffic = sendTraffic(`${server.gatewayUrl}/greeter`, 20);
});

afterEach(async () => {
  if (!server.alive) await server.start();
});

afterAll(async () => {
  await traffic?.stop();
  await server?.down();
  hookServer?.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe("kill -9 of the server", () => {
  // edge case 38
  test.each(CRASH_POINTS.filter((point) => point !== "during-rollback"))(
    "at %s: the rollout is completed by the next server, and no caller notices",
    async (point) => {
      const version = await release("good");
      await rest();
      await server.kill();
      await server.start(`${point}:${PASSES[point] ?? 1}`);
      const hook = point.endsWith("-hook") ? [{ hook: { url: hookUrl } }] : [];
      const tests = point.endsWith("-activity") ? { functional: [{ name: "answers", request: { path: "/" } }] } : null;
      const id = await deliver(version, [...GOOD_STEPS, ...hook], tests);
      await server.died();
      await server.start();
      expect(await ended(id)).toMatchObject({ phase: "completed", toVersion: version });
      await answers(version);
      await expectHealthy();
    },
  );

  test("during a rollback: the next server finishes it, and stable keeps serving", async () => {
    const stable = [...traffic.versions.keys()].at(-1) ?? "";
    const version = await release("failing");
    await rest();
    await server.kill();
    await server.start("during-rollback");
    const id = await deliver(version, [{ setWeight: 20 }, { wait: { seconds: 600 } }]);
    await server.died();
    await server.start();
    const rollout = await ended(id);
    expect(rollout.phase).toBe("rolled_back");
    const before = traffic.failures.length;
    await answers(stable);
    expect(traffic.failures.length).toBe(before);
    expect(before).toBeLessThan(15);
    expect(await server.call("GET", "/v1/audit/verify")).toMatchObject({ valid: true });
    await traffic.stop();
    traffic = sendTraffic(`${server.gatewayUrl}/greeter`, 20);
  });

  test.each(RANDOM_MOMENTS)(
    "%i ms into a rollout, drawn at random: completed, and no caller notices",
    async (delay) => {
      const version = await release("good");
      const id = await deliver(version);
      // Any moment will do: the delay says roughly where in the rollout, the machine's load says where exactly.
      await new Promise((resolve) => setTimeout(resolve, delay));
      await server.kill();
      await server.start();
      expect((await ended(id)).phase).toBe("completed");
      await answers(version);
      await expectHealthy();
    },
  );
});

describe("kill -9 of something else", () => {
  test("the gateway: another serves within moments, and the rollout is completed", async () => {
    const version = await release("good");
    const id = await deliver(version, [{ setWeight: 20 }, { wait: { seconds: 3 } }, { setWeight: 60 }]);
    await answers(version);
    const pid = await server.gatewayPid();
    process.kill(pid, "SIGKILL");
    await until(async () => (await server.gatewayPid().catch(() => pid)) !== pid, "another gateway");
    expect((await ended(id)).phase).toBe("completed");
    await answers(version);
    expect(await server.call("GET", "/v1/audit/verify")).toMatchObject({ valid: true });
    await traffic.stop();
    traffic = sendTraffic(`${server.gatewayUrl}/greeter`, 20);
  });

  test("an instance of stable: it is started again, and the rollout is completed", async () => {
    const version = await release("good");
    const id = await deliver(version, [{ setWeight: 20 }, { wait: { seconds: 2 } }, { setWeight: 60 }]);
    await answers(version);
    const { items } = await server.call<{ items: { revision: number; pid: number | null }[] }>(
      "GET",
      `${GREETER}/instances?${IN}`,
    );
    const oldest = Math.min(...items.map((instance) => instance.revision));
    const victim = items.find((instance) => instance.revision === oldest)?.pid;
    if (typeof victim !== "number") throw new Error("no instance of stable");
    process.kill(victim, "SIGKILL");
    expect((await ended(id)).phase).toBe("completed");
    await answers(version);
    // Requests that were under way in that instance may be lost; nothing after them.
    expect(traffic.failures.length).toBeLessThan(5);
    expect(await server.call("GET", "/v1/audit/verify")).toMatchObject({ valid: true });
  });

  test("the database: callers notice nothing, nothing acknowledged is lost, and the rollout is completed", async () => {
    const version = await release("good");
    const id = await deliver(version, [{ setWeight: 20 }, { wait: { seconds: 2 } }, { setWeight: 60 }]);
    await answers(version);
    const failures = traffic.failures.length;
    const [pid = ""] = (await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n");
    process.kill(Number(pid), "SIGKILL");
    expect((await ended(id)).phase).toBe("completed");
    await answers(version);
    expect(traffic.failures.slice(failures)).toEqual([]);
    expect(await server.call("GET", "/v1/audit/verify")).toMatchObject({ valid: true });
  });
});
