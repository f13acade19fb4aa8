import { afterAll, beforeAll, expect, test } from "vitest";
import type { Principal } from "../access/principal.ts";
import { CHECKS, type TestApp, testApp } from "../testing/app.ts";
import { createDemoService } from "./demo.service.ts";
import { CHANGES, DEMO } from "./demo.story.ts";

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const ADMIN: Principal = { name: "ada", role: "admin", project: "default", environment: null };

interface Shown {
  refused: string | null;
  demo: { rollout: string | null; removing: boolean; rollouts: { version: string; phase: string }[] } | null;
}
const shown = async (): Promise<Shown> => (await api.ask("GET", "/v1/demo")).body as Shown;
const count = async (table: string): Promise<number> =>
  Number((await api.database.pool.query(`select count(*) as n from ${table}`)).rows[0]?.n);

test("there is none before anybody asks for one", async () => {
  expect(await shown()).toEqual({ refused: null, demo: null });
});

test("the first delivery and both that follow are there at once, and the good one is the one to look at", async () => {
  const { status, body, text } = await api.ask("POST", "/v1/demo");
  expect(status, text).toBe(202);
  const { demo } = body as Shown;
  expect(demo?.rollouts.map(({ version }) => version)).toEqual(["1.0.0", "1.1.0", "1.2.0"]);
  const rollout = await api.ask("GET", `/v1/rollouts/${demo?.rollout}`);
  expect(rollout.body).toMatchObject({ toVersion: "1.1.0", phase: "queued", environment: DEMO.environment });
});

test("the same again answers the one that is there", async () => {
  const before = await shown();
  expect((await api.ask("POST", "/v1/demo")).body).toMatchObject({ demo: { rollouts: before.demo?.rollouts } });
  expect(await count("rollouts")).toBe(1 + CHANGES.length);
});

test("what a key repeats is one demo, in one transaction with its answer", async () => {
  await api.ask("POST", "/v1/projects", { body: { name: "keyed" } });
  const headers = { "idempotency-key": "begin" };
  const first = await api.ask("POST", "/v1/demo?project=keyed", { headers });
  const again = await api.ask("POST", "/v1/demo?project=keyed", { headers });
  expect(first.status, first.text).toBe(202);
  expect([again.status, again.body]).toEqual([first.status, first.body]);
});

test("told to go, it is gone when nothing of it runs any more; and may be begun again", async () => {
  expect((await api.ask("DELETE", "/v1/demo")).status).toBe(204);
  expect((await shown()).demo).toMatchObject({ removing: true });
  const refused = await api.ask("POST", "/v1/demo");
  expect([refused.status, refused.text]).toEqual([409, expect.stringContaining("being taken away")]);
  // What the engine does when the instances have ended.
  await api.database.pool.query("delete from deployments where project = 'default'");
  await expect.poll(async () => (await shown()).demo).toBeNull();
  expect((await api.ask("GET", "/v1/artifacts/demo-greeter")).status).toBe(404);
  expect((await api.ask("GET", "/v1/environments/demo")).status).toBe(404);
  expect((await api.ask("DELETE", "/v1/demo")).status).toBe(204);
  expect((await api.ask("POST", "/v1/demo")).status).toBe(202);
});

test("an environment or an artifact of yours by the same name is left alone", async () => {
  for (const [project, url, method, body] of [
    ["named", "/v1/environments/demo", "PUT", { tier: "custom" }],
    ["taken", "/v1/artifacts", "POST", { name: DEMO.artifact, kind: "application" }],
  ] as const) {
    await api.ask("POST", "/v1/projects", { body: { name: project } });
    const own = method === "PUT" ? { url: `${url}?project=${project}`, body } : { url, body: { ...body, project } };
    expect((await api.ask(method, own.url, { body: own.body })).status).toBe(201);
    const { status, text } = await api.ask("POST", `/v1/demo?project=${project}`);
    expect([status, text]).toEqual([409, expect.stringContaining("not the demo's")]);
    expect((await api.ask("DELETE", `/v1/demo?project=${project}`)).status).toBe(204);
  }
  expect((await api.ask("GET", "/v1/environments/demo?project=named")).status).toBe(200);
  expect((await api.ask("GET", "/v1/artifacts/demo-greeter?project=taken")).status).toBe(200);
});

test.each([
  [{ checks: { ...CHECKS, targets: new Set(["kubernetes"]) } }, "runs no processes"],
  [{ greeter: "/nowhere/server.mjs" }, "/nowhere/server.mjs is missing"],
  [{ checks: { ...CHECKS, preflight: async () => "no place for it" } }, "no place for it"],
])("where it cannot run, the reason is said and nothing is made", async (more, reason) => {
  const { services, database } = api;
  const { demoKeeper: keeper, artifacts, environments, deployments } = services;
  const parts = { db: database.db, clock: Date.now, checks: CHECKS, keeper, artifacts, environments, deployments };
  const demos = createDemoService({ ...parts, ...more });
  const before = await count("audit_entries");
  expect((await demos.read(ADMIN)).refused).toContain(reason);
  await expect(demos.begin(ADMIN)).rejects.toThrow(reason);
  expect(await count("audit_entries")).toBe(before);
});

test("whoever may not administer the environment may look, and no more", async () => {
  const deployer: Principal = { ...ADMIN, role: "deployer" };
  const elsewhere: Principal = { ...ADMIN, environment: "staging" };
  const { demos } = api.services;
  expect(await demos.read(deployer)).toMatchObject({ refused: null });
  for (const principal of [deployer, elsewhere]) {
    await expect(demos.begin(principal)).rejects.toThrow("may not do this");
    await expect(demos.remove(principal)).rejects.toThrow("may not do this");
  }
});
