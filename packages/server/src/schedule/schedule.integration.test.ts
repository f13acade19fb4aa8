import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stage, stage } from "../trigger/testing/stage.ts";

let app: Stage;
beforeAll(async () => {
  app = await stage();
  const platform = { name: "setup", role: "admin" as const, project: null, environment: null };
  await app.services.projects.create(platform, { name: "other" });
});
afterAll(() => app?.close());

let count = 0;
const greeter = { deployment: "greeter", environment: "staging" };
const scale = { type: "scale", ...greeter, replicas: 2 };
const fresh = (over: object = {}) => ({
  name: `schedule-${++count}`,
  schedule: "30 2 * * *",
  action: scale,
  ...over,
});

interface Schedule {
  id: string;
  name: string;
  next: string[];
}

async function schedule(over: object = {}): Promise<Schedule> {
  const { status, body, text } = await app.ask("POST", "/v1/schedules", { body: fresh(over), headers: app.admin });
  expect(status, text).toBe(201);
  return body as Schedule;
}

const list = async (): Promise<number> => {
  const { body } = await app.ask("GET", "/v1/schedules?limit=200", { headers: app.admin });
  return (body as { items: Schedule[] }).items.length;
};

describe("bad input", () => {
  const deploy = { type: "deploy", ...greeter, version: "{{latest}}" };
  const job = { type: "job", environment: "staging" };
  const without = (field: "name" | "schedule" | "action") => ({ ...fresh(), [field]: undefined });

  test.each<[object, string]>([
    [without("name"), "name"],
    [without("schedule"), "schedule"],
    [without("action"), "action"],
    [fresh({ name: "Not A Name" }), "name"],
    [fresh({ name: 3 }), "name"],
    [fresh({ name: "" }), "name"],
    [fresh({ schedule: "" }), "schedule"],
    [fresh({ schedule: "every day" }), "schedule"],
    [fresh({ schedule: "* * * *" }), "schedule"],
    [fresh({ schedule: "* * * * * *" }), "schedule"],
    [fresh({ schedule: "60 * * * *" }), "schedule"],
    [fresh({ schedule: "0 0 31 2 *" }), "schedule"],
    [fresh({ schedule: "*".repeat(300) }), "schedule"],
    [fresh({ schedule: 5 }), "schedule"],
    [fresh({ timezone: "Mars/Olympus" }), "timezone"],
    [fresh({ timezone: "" }), "timezone"],
    [fresh({ startingDeadlineSeconds: 0 }), "startingDeadlineSeconds"],
    [fresh({ startingDeadlineSeconds: 604_801 }), "startingDeadlineSeconds"],
    [fresh({ startingDeadlineSeconds: "60" }), "startingDeadlineSeconds"],
    [fresh({ missedRuns: "all" }), "missedRuns"],
    [fresh({ concurrency: "Forbid" }), "concurrency"],
    [fresh({ paused: "yes" }), "paused"],
    [fresh({ description: "x".repeat(1_001) }), "description"],
    [fresh({ extra: 1 }), "extra"],
    [fresh({ action: { type: "dance" } }), "action.type"],
    [fresh({ action: { ...scale, replicas: 0 } }), "action.replicas"],
    [fresh({ action: { ...scale, replicas: 1.5 } }), "action.replicas"],
    [fresh({ action: { ...scale, replicas: undefined } }), "action.replicas"],
    [fresh({ action: { ...scale, environment: undefined } }), "action.environment"],
    [fresh({ action: { ...scale, extra: 1 } }), "action.extra"],
    [fresh({ action: { type: "restart", environment: "staging" } }), "action.deployment"],
    [fresh({ action: { type: "promote", ...greeter } }), "action.to"],
    [fresh({ action: { ...deploy, artifact: "greeter" } }), "action.deployment"],
    [fresh({ action: { ...deploy, version: "{{tag}}" } }), "action"],
    [fresh({ action: { ...deploy, version: "{{nothing}}" } }), "action.version"],
    [fresh({ action: { ...deploy, strategy: { type: "magic" } } }), "action.strategy.type"],
    [fresh({ action: job }), "action.deployment"],
    [fresh({ action: { ...job, artifact: "greeter" } }), "action.version"],
    [fresh({ action: { ...job, deployment: "greeter", version: "1" } }), "action.version"],
    [fresh({ action: { ...job, deployment: "greeter", completions: 101 } }), "action.completions"],
    [fresh({ action: { ...job, deployment: "greeter", env: { PORT: "1" } } }), "action.env.PORT"],
    [fresh({ action: { ...job, deployment: "greeter", env: { TAG: "{{tag}}" } } }), "action"],
    [fresh({ action: { type: "run", workflow: "tidy", inputs: { ref: "{{commit}}" } } }), "action"],
  ])("%# is refused with its field, and nothing is made", async (body, field) => {
    const before = await list();
    const answer = await app.ask("POST", "/v1/schedules", { body, headers: app.admin });
    expect(answer).toMatchObject({ status: 400, headers: { "content-type": "application/problem+json" } });
    expect((answer.body as { errors: { field: string }[] }).errors.map((error) => error.field)).toContain(field);
    expect(await list()).toBe(before);
  });

  test.each<[object, string]>([
    [{ ...scale, environment: "moon" }, "action.environment"],
    [{ type: "promote", ...greeter, environment: "moon", to: "production" }, "action.environment"],
    [{ type: "promote", ...greeter, to: "moon" }, "action.to"],
    [{ type: "job", deployment: "greeter", environment: "moon" }, "action.environment"],
  ])("%j names the environment that does not exist", async (action, field) => {
    const answer = await app.ask("POST", "/v1/schedules", { body: fresh({ action }), headers: app.admin });
    expect(answer).toMatchObject({ status: 404, body: { errors: [{ field, found: "moon" }] } });
  });

  test("a name that is taken, changes that are none, and schedules that are not there", async () => {
    const { name } = await schedule();
    const taken = await app.ask("POST", "/v1/schedules", { body: fresh({ name }), headers: app.admin });
    expect(taken).toMatchObject({ status: 409, body: { code: "already_exists" } });
    for (const [body, field] of [
      [{ schedule: "never" }, "schedule"],
      [{ timezone: "here" }, "timezone"],
      [{ name: "other" }, "name"],
      [{ action: { ...scale, replicas: -1 } }, "action.replicas"],
    ] as const) {
      const answer = await app.ask("PATCH", `/v1/schedules/${name}`, { body, headers: app.admin });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    }
    expect((await app.ask("GET", `/v1/schedules/${name}`, { headers: app.admin })).body).toMatchObject({
      schedule: "30 2 * * *",
      timezone: "UTC",
      action: scale,
    });
    for (const id of ["nobody", "sch_nobody", "..%2F..", "x".repeat(64)]) {
      expect((await app.ask("GET", `/v1/schedules/${id}`, { headers: app.admin })).status).toBe(404);
    }
    expect((await app.ask("GET", `/v1/schedules/${"x".repeat(65)}`, { headers: app.admin })).status).toBe(400);
  });

  test("an action that was read does not go back with what is hidden in it", async () => {
    const strategy = { type: "canary", steps: [{ hook: { url: "http://127.0.0.1:9/?token=hunter2" } }] };
    const { name } = await schedule({ action: { type: "deploy", ...greeter, version: "1.0.0", strategy } });
    const read = await app.ask("GET", `/v1/schedules/${name}`, { headers: app.admin });
    expect(read.text).not.toContain("hunter2");
    const { action } = read.body as { action: object };
    const back = await app.ask("PATCH", `/v1/schedules/${name}`, { body: { action }, headers: app.admin });
    expect(back).toMatchObject({ status: 400, body: { errors: [{ field: "action" }] } });
  });

  test("whatever is sent is answered, and never by a failure of the server", async () => {
    const value = fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" }), fc.constant(undefined));
    const field = fc.constantFrom("name", "schedule", "timezone", "action", "project", "paused", "concurrency");
    await fc.assert(
      fc.asyncProperty(field, value, async (field, value) => {
        const body = fresh({ [field]: value });
        const answer = await app.ask("POST", "/v1/schedules", { body, headers: app.admin });
        expect(answer.status, answer.text).toBeLessThan(500);
      }),
      { numRuns: 80 },
    );
  });
});

describe("who may", () => {
  test("set up: administrators, those of one environment for that one; everybody of it reads", async () => {
    const deployer = await app.token({ name: "bob", role: "deployer" });
    const viewer = await app.token({ name: "eve", role: "viewer" });
    const staging = await app.token({ name: "ann", role: "admin", environment: "staging" });
    const production = await app.token({ name: "pam", role: "admin", environment: "production" });
    const status = async (headers: Record<string, string>, over: object = {}) =>
      (await app.ask("POST", "/v1/schedules", { body: fresh(over), headers })).status;
    expect([await status(deployer), await status(viewer), await status(production)]).toEqual([403, 403, 403]);
    expect(await status(staging)).toBe(201);
    // A promotion reads in one environment and writes in another; a workflow may touch any.
    const promote = { action: { type: "promote", ...greeter, to: "production" } };
    const run = { action: { type: "run", workflow: "tidy" } };
    for (const over of [promote, run]) {
      expect([await status(staging, over), await status(production, over), await status(app.admin, over)]).toEqual([
        403, 403, 201,
      ]);
    }
    const { name } = await schedule();
    const url = `/v1/schedules/${name}`;
    expect((await app.ask("GET", url, { headers: viewer })).status).toBe(200);
    expect((await app.ask("GET", `${url}/runs`, { headers: viewer })).status).toBe(200);
    expect((await app.ask("GET", url, { headers: production })).status).toBe(403);
    for (const headers of [deployer, viewer, production]) {
      const refused = await app.ask("PATCH", url, { body: { paused: true }, headers });
      expect([refused.status, (await app.ask("DELETE", url, { headers })).status]).toEqual([403, 403]);
    }
    // Nor may one of staging make it one of production.
    const action = { ...scale, environment: "production" };
    expect((await app.ask("PATCH", url, { body: { action }, headers: staging })).status).toBe(403);
    const seen = await app.ask("GET", "/v1/schedules?limit=200", { headers: production });
    expect(seen.text).not.toContain(`"${name}"`);
    expect((await app.ask("GET", "/v1/schedules")).status).toBe(401);
  });

  test("begin a run by hand: deployers of the environment, on their own behalf", async () => {
    const { name } = await schedule({ action: { ...scale, replicas: 1 } });
    const run = async (headers: Record<string, string>) =>
      app.ask("POST", `/v1/schedules/${name}/run`, { body: {}, headers });
    const viewer = await app.token({ name: "eve", role: "viewer" });
    const elsewhere = await app.token({ name: "pam", role: "deployer", environment: "production" });
    const deployer = await app.token({ name: "bob", role: "deployer", environment: "staging" });
    expect([(await run(viewer)).status, (await run(elsewhere)).status]).toEqual([403, 403]);
    expect(await run(deployer)).toMatchObject({
      status: 202,
      body: { outcome: "unchanged", actor: "bob", tick: null, reason: expect.stringContaining("asked for by bob") },
    });
    const { body } = await app.ask("GET", `/v1/schedules/${name}/runs`, { headers: app.admin });
    expect(body).toMatchObject({ items: [{ actor: "bob" }] });
  });

  test("nobody of another project learns of it, and theirs may have the same name", async () => {
    const { id, name } = await schedule();
    const other = await app.token({ name: "mallory", role: "admin", project: "other" });
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PATCH", "", { paused: true }],
      ["DELETE", "", undefined],
      ["POST", "/run", {}],
      ["GET", "/runs", undefined],
    ] as const) {
      for (const key of [id, name]) {
        const answer = await app.ask(method, `/v1/schedules/${key}${path}`, { body, headers: other });
        expect(answer).toMatchObject({ status: 404, body: { detail: `schedule ${key} does not exist` } });
      }
    }
    expect((await app.ask("GET", "/v1/schedules", { headers: other })).body).toMatchObject({ items: [] });
    const foreign = await app.ask("POST", "/v1/schedules", { body: fresh({ project: "default" }), headers: other });
    expect(foreign.status).toBe(403);
    const same = await app.ask("POST", "/v1/schedules", { body: fresh({ name }), headers: other });
    expect(same).toMatchObject({ status: 201, body: { project: "other", name } });
    // Its action finds what is of its own project alone.
    const ran = await app.ask("POST", `/v1/schedules/${name}/run`, { body: {}, headers: other });
    expect(ran).toMatchObject({
      status: 202,
      body: { outcome: "failed", reason: expect.stringContaining("greeter does not exist") },
    });
    expect((await app.ask("GET", `/v1/schedules/${id}`, { headers: app.admin })).status).toBe(200);
  });
});
