import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { ok } from "@sluice/client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { canary, command, type Delivery, ended, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type Answer, type System, startSystem } from "./system.ts";
import { sendTraffic, type Traffic } from "./traffic.ts";

let system: System;
let greeter: Delivery;
let traffic: Traffic;

beforeAll(async () => {
  system = await startSystem();
  greeter = await newDelivery(system, "greeter");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  await greeter.deliver("1.0.0");
  traffic = sendTraffic(greeter.url, 10);
});

beforeEach(() => traffic.clear());

afterAll(async () => {
  await traffic?.stop();
  await system?.[Symbol.asyncDispose]();
});

/** Callers of what runs notice nothing, and are answered after this moment too. */
async function expectUndisturbed(): Promise<void> {
  traffic.clear();
  await until("callers are answered", () => (traffic.versions.get("1.0.0") ?? 0) >= 5);
  expect(traffic.failures).toEqual([]);
}

/** Pid of the embedded PostgreSQL. */
async function postmaster(): Promise<number> {
  const [pid] = (await readFile(join(system.dataDir, "postgres/postmaster.pid"), "utf8")).split("\n");
  return Number(pid);
}

/** Resolves when another PostgreSQL answers, with the writes that were refused until then. */
async function killDatabase(): Promise<Answer[]> {
  const killed = await postmaster();
  process.kill(killed, "SIGKILL");
  const refused: Answer[] = [];
  await until("another database answers", async () => {
    const answer = await system.send("POST", "/v1/artifacts", { name: "probe", kind: "prompt" });
    if (answer.status >= 500) refused.push(answer);
    return answer.status < 500 && (await postmaster().catch(() => killed)) !== killed;
  });
  return refused;
}

const GREETER = "/v1/deployments/greeter";
const strategy = (fields: object) => ({ version: "1.1.0", strategy: { type: "canary", ...fields } });
const creation = (fields: object) => ({
  name: "other",
  artifact: "greeter",
  version: "1.0.0",
  environment: "development",
  ...fields,
});

describe("input that is wrong changes nothing, and the answer names the field", () => {
  test.each<[string, string, string, unknown, string]>([
    ["an unknown field", "PATCH", GREETER, { verison: "1.1.0" }, "verison"],
    ["an unknown field inside", "PATCH", GREETER, { config: { replica: 2 } }, "config.replica"],
    ["an unknown strategy", "PATCH", GREETER, { version: "1.1.0", strategy: { type: "yolo" } }, "strategy.type"],
    ["a field of another strategy", "PATCH", GREETER, strategy({ increment: 5 }), "strategy.increment"],
    ["a wrong type", "PATCH", GREETER, { config: { replicas: "two" } }, "config.replicas"],
    ["a number for a name", "PATCH", GREETER, { version: 11 }, "version"],
    ["a weight over 100", "PATCH", GREETER, strategy({ steps: [{ setWeight: 101 }] }), "strategy.steps[0].setWeight"],
    ["a negative weight", "PATCH", GREETER, strategy({ initialPercentage: -1 }), "strategy.initialPercentage"],
    [
      "a weight with three decimals",
      "PATCH",
      GREETER,
      strategy({ initialPercentage: 0.125 }),
      "strategy.initialPercentage",
    ],
    [
      "weights that fall",
      "PATCH",
      GREETER,
      strategy({ steps: [{ setWeight: 50 }, { setWeight: 20 }] }),
      "strategy.steps[1].setWeight",
    ],
    ["no steps", "PATCH", GREETER, strategy({ steps: [] }), "strategy.steps"],
    [
      "a step of two kinds",
      "PATCH",
      GREETER,
      strategy({ steps: [{ setWeight: 5, switch: true }] }),
      "strategy.steps[0]",
    ],
    ["a negative duration", "PATCH", GREETER, strategy({ bakeSeconds: -5 }), "strategy.bakeSeconds"],
    [
      "a negative wait",
      "PATCH",
      GREETER,
      strategy({ steps: [{ wait: { seconds: -1 } }] }),
      "strategy.steps[0].wait.seconds",
    ],
    ["a fraction of a second", "PATCH", GREETER, strategy({ monitoringSeconds: 0.5 }), "strategy.monitoringSeconds"],
    [
      "a hook that is no address",
      "PATCH",
      GREETER,
      strategy({ steps: [{ hook: { url: "file:///etc/passwd" } }] }),
      "strategy.steps[0].hook.url",
    ],
    ["negative replicas", "POST", `${GREETER}/scale`, { replicas: -1 }, "replicas"],
    [
      "a false rollback rate of 2",
      "PATCH",
      GREETER,
      strategy({ analysis: { falseRollbackRate: 2 } }),
      "strategy.analysis.falseRollbackRate",
    ],
    ["a route without a slash", "POST", "/v1/deployments", creation({ route: { path: "other" } }), "route.path"],
    ["a route with ..", "POST", "/v1/deployments", creation({ route: { path: "/a/../b" } }), "route.path"],
    ["a name with a slash", "POST", "/v1/deployments", creation({ name: "../other" }), "name"],
    [
      "memory that is no quantity",
      "POST",
      "/v1/deployments",
      creation({ config: { resources: { limits: { memory: "lots" } } } }),
      "config.resources.limits.memory",
    ],
    [
      "a folder above",
      "POST",
      "/v1/artifacts/greeter/versions",
      { version: "9.0.0", spec: { command: ["node"], workdir: "../.." } },
      "spec.workdir",
    ],
    [
      "an empty command",
      "POST",
      "/v1/artifacts/greeter/versions",
      { version: "9.0.0", spec: { command: [] } },
      "spec.command",
    ],
    [
      "a variable that is no text",
      "POST",
      "/v1/artifacts/greeter/versions",
      { version: "9.0.0", spec: { command: ["node"], env: { A: 1 } } },
      "spec.env.A",
    ],
  ])("%s", async (_, method, path, body, field) => {
    const { status, body: problem } = await system.send(method, path, body);
    expect({ status, code: problem.code }).toEqual({ status: 400, code: "invalid_argument" });
    expect(problem.errors?.map((error) => error.field)).toContain(field);
    expect(problem.errors?.every((error) => (error.allowed ?? "") !== "")).toBe(true);
    expect(await greeter.get()).toMatchObject({
      status: "running",
      version: "1.0.0",
      revision: 1,
      activeRollout: null,
    });
    await expectUndisturbed();
  });

  test.each([
    ["no JSON", "POST", "/v1/deployments", "{", 400],
    ["another version of nothing", "PATCH", GREETER, { version: "7.7.7" }, 404],
    ["an unknown deployment", "PATCH", "/v1/deployments/nobody", { version: "1.1.0" }, 404],
    ["an unknown environment", "POST", "/v1/deployments", creation({ environment: "moon" }), 404],
    ["an unknown rollout", "POST", "/v1/rollouts/rol_none/pause", {}, 404],
  ] as const)("%s", async (_, method, path, body, status) => {
    const answer = await system.send(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toMatch(/\w+/);
    await expectUndisturbed();
  });

  test("a command that does not exist: the answer lists those that do", async () => {
    const { items } = await ok(system.client.http.GET("/v1/rollouts"));
    const { status, body } = await system.send("POST", `/v1/rollouts/${items[0]?.id}/explode`, {});
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([
      { field: "path.command", found: "explode", allowed: expect.stringContaining("rollback") },
    ]);
  });

  test("a command that the phase does not take: the answer says what it takes", async () => {
    const { items } = await ok(system.client.http.GET("/v1/rollouts"));
    const { status, body } = await system.send("POST", `/v1/rollouts/${items[0]?.id}/pause`, {});
    expect({ status, code: body.code }).toMatchObject({ code: "failed_precondition" });
    expect(body.detail).toMatch(
      /pause is not possible while the rollout is completed; no command is allowed|allowed: /,
    );
  });
});

// edge case 44
test("a second deployment on a taken route is refused, naming who has it", async () => {
  const { status, body } = await system.send(
    "POST",
    "/v1/deployments",
    creation({ name: "rival", route: { path: "/greeter/" } }),
  );
  expect({ status, code: body.code }).toEqual({ status: 409, code: "already_exists" });
  expect(JSON.stringify(body)).toContain("greeter");
  expect(body.errors?.map(({ field }) => field)).toEqual(["route.path"]);
  expect((await system.send("GET", "/v1/deployments/rival")).status).toBe(404);
  await expectUndisturbed();
});

test.each([
  ["an absolute folder", "absolute", () => "/etc"],
  ["a symbolic link out of the place", "link", () => "programs/way-out"],
  ["a folder that is not there", "missing", () => "programs/nowhere"],
  ["a file for a folder", "file", () => "programs/program.mjs"],
])("%s fails validation before anything is started", async (_, name, workdir) => {
  await mkdir(join(system.root, "programs"), { recursive: true });
  await symlink("/", join(system.root, "programs/way-out")).catch(() => undefined);
  const delivery = await newDelivery(system, name);
  const spec = { command: [process.execPath, "program.mjs"], workdir: workdir() };
  expect((await system.send("POST", `/v1/artifacts/${name}/versions`, { version: "1.0.0", spec })).status).toBe(201);
  const end = await delivery.deliver("1.0.0");
  expect(end.phase).toBe("failed");
  expect(end.reason).toContain(`workdir ${workdir()}`);
  expect(await delivery.pids(1)).toEqual([]);
  await expectUndisturbed();
});

// edge case 42
test("the database dies in the middle of a rollout: callers notice nothing, and the rollout is completed after it", async () => {
  const rollout = await greeter.update({
    version: "1.1.0",
    strategy: canary([{ setWeight: 20 }, { wait: { approval: true } }, { setWeight: 60 }, { wait: { seconds: 1 } }]),
  });
  await reaches(system, rollout, ({ allowedCommands, step }) => step === 1 && allowedCommands.includes("approve"));
  await ok(system.client.http.POST("/v1/artifacts", { body: { name: "acknowledged", kind: "prompt" } }));
  const refused = await killDatabase();
  expect(refused.length).toBeGreaterThan(0);
  for (const { status, body } of refused)
    expect({ status, code: body.code }).toEqual({ status: 503, code: "unavailable" });
  expect(refused[0]?.body.detail).toMatch(/database/);
  await command(system, rollout, "approve");

  expect(await ended(system, rollout)).toMatchObject({ phase: "completed", approvals: [{}] });
  expect((await system.send("GET", "/v1/artifacts/acknowledged")).status).toBe(200);
  expect((await system.send("GET", "/v1/audit/verify")).body).toMatchObject({ valid: true });
  traffic.clear();
  await until("the new version answers", () => (traffic.versions.get("1.1.0") ?? 0) >= 5);
  expect(traffic.failures).toEqual([]);
});

test("the database dies while a broken candidate is on its way back: it gets there", async () => {
  await greeter.publish("1.2.0", {}, "silent.mjs");
  const rollout = await greeter.update({
    version: "1.2.0",
    config: { progressDeadlineSeconds: 8 },
    strategy: canary([{ setWeight: 20 }]),
  });
  await reaches(system, rollout, ({ phase }) => phase === "preparing");
  await killDatabase();
  expect(await ended(system, rollout)).toMatchObject({ phase: "rolled_back" });
  expect(traffic.failures).toEqual([]);
});
