import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { type ServerProcess, serverProcess } from "../testing/server.process.ts";

interface Run {
  tick: string | null;
  outcome: string;
  reason: string;
  version: string | null;
  rollouts: string[];
  run: string | null;
  actor: string;
  startedAt: string;
}

interface Instance {
  id: string;
  state: string;
  startedAt: string;
}

/** A real server with real programs; its database is looked into to let time pass. */
let dataDir: string;
let database: TestDatabase;
let server: ServerProcess;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-actions-"));
  database = await testDatabase();
  server = await serverProcess(dataDir, { DATABASE_URL: database.url });
  await server.start();
  await server.call("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  const spec = { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { VERSION: "1.0.0" } };
  await server.call("POST", "/v1/artifacts/greeter/versions", { version: "1.0.0", spec });
  const work = { command: ["node", "-e", "console.log(process.env.DAY)"], process: "job" };
  await server.call("POST", "/v1/artifacts/greeter/versions", { version: "0.1.0", spec: work });
});
afterAll(async () => {
  await server?.down();
  await database?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function deploy(environment: string): Promise<void> {
  const immediate = { type: "immediate" };
  const body = { name: "greeter", artifact: "greeter", version: "1.0.0", environment, strategy: immediate };
  const { rollout } = await server.call<{ rollout: { id: string } }>("POST", "/v1/deployments", body);
  await completed(rollout.id);
}

const completed = (rollout: string) =>
  expect.poll(() => server.call("GET", `/v1/rollouts/${rollout}`)).toMatchObject({ phase: "completed" });

const instances = async (): Promise<Instance[]> =>
  (await server.call<{ items: Instance[] }>("GET", "/v1/deployments/greeter/instances?environment=staging")).items;

const runs = async (name: string): Promise<Run[]> =>
  (await server.call<{ items: Run[] }>("GET", `/v1/schedules/${name}/runs`)).items;

/** A schedule of every minute, as if nobody had looked at the last one yet. Answers its run, when that has ended. */
async function ticked(name: string, action: object): Promise<Run> {
  await server.call("POST", "/v1/schedules", { name, schedule: "* * * * *", action, concurrency: "forbid" });
  await database.pool.query(
    "update schedules set next_at = date_trunc('minute', now()) where name = $1 and next_at > now()",
    [name],
  );
  await expect.poll(async () => (await runs(name)).at(-1)?.outcome ?? "running").not.toBe("running");
  await server.call("PATCH", `/v1/schedules/${name}`, { paused: true });
  const [first] = (await runs(name)).reverse();
  if (first === undefined) throw new Error(`schedule ${name} has no run`);
  return first;
}

const greeter = { deployment: "greeter", environment: "staging" };
const actor = (name: string) => ({ outcome: "started", actor: `schedule:${name}`, tick: expect.any(String) });

test("scale: as many instances as the schedule says begin", async () => {
  await deploy("staging");
  const run = await ticked("grow", { type: "scale", ...greeter, replicas: 2 });
  expect(run).toMatchObject({ ...actor("grow"), reason: "deployment greeter goes from 1 to 2 replicas" });
  await expect.poll(async () => (await instances()).filter(({ state }) => state === "ready")).toHaveLength(2);
});

test("scale past what the deployment's configuration allows has failed, and says so", async () => {
  await server.call("PATCH", "/v1/deployments/greeter?environment=staging", {
    config: { scaling: { min: 1, max: 3 } },
    strategy: { type: "immediate", keepStableSeconds: 0 },
  });
  const run = await ticked("overgrow", { type: "scale", ...greeter, replicas: 9 });
  expect(run).toMatchObject({ outcome: "failed", reason: expect.stringContaining("replicas") });
  expect(await server.call("GET", "/v1/deployments/greeter?environment=staging")).toMatchObject({ replicas: 2 });
});

test("promote: what serves in one environment goes to the next", async () => {
  const strategy = { type: "immediate" };
  const run = await ticked("upwards", { type: "promote", ...greeter, to: "production", strategy });
  expect(run).toMatchObject({ ...actor("upwards"), version: "1.0.0", rollouts: [expect.stringMatching(/^rol_/)] });
  await completed(run.rollouts[0] ?? "");
  expect(await server.call("GET", "/v1/deployments/greeter?environment=production")).toMatchObject({
    artifact: "greeter",
  });
  const again = await server.call<Run>("POST", "/v1/schedules/upwards/run");
  expect(again).toMatchObject({ outcome: "unchanged", actor: "local", tick: null });
});

test("job: a version runs with the day in its environment, and its end ends the run of the schedule", async () => {
  const action = { type: "job", artifact: "greeter", version: "0.1.0", environment: "staging" };
  const run = await ticked("report", { ...action, env: { DAY: "today is {{date}}" } });
  expect(run).toMatchObject({ ...actor("report"), run: expect.stringMatching(/^job_/) });
  await expect.poll(() => server.call("GET", `/v1/jobs/${run.run}`)).toMatchObject({ status: "succeeded" });
  const logs = await (await fetch(`${server.url}/v1/jobs/${run.run}/logs`)).text();
  expect(logs).toMatch(/today is \d{4}-\d\d-\d\d\n/);
  const refused = await ticked("no-job", { ...action, version: "1.0.0" });
  expect(refused).toMatchObject({ outcome: "failed", reason: expect.stringContaining("is a service") });
});

const freshSince = (moment: string) => async (): Promise<boolean[]> =>
  (await instances()).map(({ startedAt }) => Date.parse(startedAt) >= Date.parse(moment));

/** How often the deployment was restarted, as the audit has it. */
const restarts = async (): Promise<number> =>
  (await server.call<{ items: object[] }>("GET", "/v1/audit?action=deployment.restart&limit=200")).items.length;

test("restart: every instance is replaced by a fresh one", async () => {
  const moment = new Date().toISOString();
  const run = await ticked("refresh", { type: "restart", ...greeter });
  expect(run).toMatchObject(actor("refresh"));
  await expect.poll(freshSince(moment)).toEqual([true, true]);
  expect(await restarts()).toBe(1);
});

test.each([
  ["before it began", false],
  ["in the middle", true],
])("restart goes on when its server is killed %s, and is done once", async (_when, isBegun) => {
  const before = await restarts();
  const begun = await server.call<Run>("POST", "/v1/schedules/refresh/run");
  expect(begun).toMatchObject({ outcome: "running", tick: null });
  if (isBegun) await expect.poll(freshSince(begun.startedAt), { interval: 5 }).toContain(true);
  await server.kill();
  await server.start();
  await expect.poll(async () => (await runs("refresh"))[0]).toMatchObject({ outcome: "started" });
  await expect.poll(freshSince(begun.startedAt)).toEqual([true, true]);
  expect(await restarts()).toBe(before + 1);
});

test("a restart that cannot be has failed, and says why", async () => {
  await server.call("POST", "/v1/deployments/greeter/stop?environment=staging");
  const run = await ticked("in-vain", { type: "restart", ...greeter });
  expect(run).toMatchObject({ outcome: "failed", reason: expect.stringContaining("stopped") });
});
