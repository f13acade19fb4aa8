import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";
import { dumpOf } from "../testing/dump.ts";

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
  await api.ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "application" } });
  await api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version: "1", spec: { command: ["true"] } } });
});
afterAll(() => api.close());

const score = (fields: object = {}) => ({ type: "eval_score", dataset: "smoke", threshold: 0.9, ...fields });

test("a gate is created with defaults, replaced, and deleted, each with an audit entry and an event", async () => {
  const created = await api.ask("POST", "/v1/gates", {
    body: { name: "quality", artifact: "greeter", environment: "production", conditions: [score()] },
  });
  expect(created).toMatchObject({
    status: 201,
    body: {
      name: "quality",
      project: "default",
      required: true,
      waitSeconds: 3_600,
      conditions: [{ metric: "score", operator: "gte", required: true }],
    },
  });
  const again = await api.ask("POST", "/v1/gates", { body: { name: "quality", conditions: [score()] } });
  expect(again).toMatchObject({ status: 409, body: { code: "already_exists" } });

  const same = await api.ask("PUT", "/v1/gates/quality", { body: created.body });
  expect(same).toMatchObject({ status: 200, body: created.body });
  const changed = await api.ask("PUT", "/v1/gates/quality", { body: { waitSeconds: 60, conditions: [score()] } });
  expect(changed).toMatchObject({ status: 200, body: { artifact: null, environment: null, waitSeconds: 60 } });
  expect(await api.ask("GET", "/v1/gates/quality")).toMatchObject({ status: 200, body: changed.body });
  expect(await api.ask("PUT", "/v1/gates/other", { body: { conditions: [score()] } })).toMatchObject({ status: 201 });
  expect(await api.ask("DELETE", "/v1/gates/other")).toMatchObject({ status: 204, text: "" });
  expect(await api.ask("DELETE", "/v1/gates/other")).toMatchObject({ status: 404, body: { code: "not_found" } });
  expect(await api.ask("DELETE", "/v1/gates/quality")).toMatchObject({ status: 204 });

  const { body: audit } = await api.ask("GET", "/v1/audit?subject=quality");
  expect(audit).toMatchObject({
    items: [
      { action: "gate.delete", actor: "local" },
      {
        action: "gate.update",
        detail: { changes: expect.arrayContaining([{ path: "/waitSeconds", change: "changed", from: 3_600, to: 60 }]) },
      },
      { action: "gate.create" },
    ],
  });
  // Events are read once every older transaction of the database server has ended.
  const events = async () => {
    const { body } = await api.ask("GET", "/v1/events", { headers: { accept: "application/json" } });
    const { items } = body as { items: { type: string; data: { gate?: string } }[] };
    return items.filter(({ data }) => data.gate === "quality").map(({ type }) => type);
  };
  await expect.poll(events).toEqual(["gate.created", "gate.updated", "gate.deleted"]);
});

test("a list asks which gates an artifact meets in an environment: its own, and those of every one", async () => {
  const gates = {
    everywhere: {},
    "of-greeter": { artifact: "greeter" },
    "in-staging": { environment: "staging" },
    both: { artifact: "greeter", environment: "production" },
  };
  for (const [name, fields] of Object.entries(gates)) {
    await api.ask("PUT", `/v1/gates/${name}`, { body: { ...fields, conditions: [score()] } });
  }
  const names = async (query: string) => {
    const { body } = await api.ask("GET", `/v1/gates?${query}`);
    return (body as { items: { name: string }[] }).items.map(({ name }) => name);
  };
  expect(await names("")).toEqual(["both", "everywhere", "in-staging", "of-greeter"]);
  expect(await names("artifact=greeter&environment=production")).toEqual(["both", "everywhere", "of-greeter"]);
  expect(await names("environment=staging")).toEqual(["everywhere", "in-staging", "of-greeter"]);
  expect(await names("artifact=other&environment=staging")).toEqual(["everywhere", "in-staging"]);
  const { body } = await api.ask("GET", "/v1/gates?limit=3");
  expect(await names(`limit=3&cursor=${(body as { nextCursor: string }).nextCursor}`)).toEqual(["of-greeter"]);
  for (const name of Object.keys(gates)) await api.ask("DELETE", `/v1/gates/${name}`);
});

test("values of a webhook's headers are never shown, and what a GET answers can be put back all the same", async () => {
  const webhook = { url: "https://checks.example/gate", headers: { Authorization: "Bearer hunter2" } };
  const put = (fields: object) =>
    api.ask("PUT", "/v1/gates/asked", {
      body: { conditions: [{ type: "custom", webhook: { ...webhook, ...fields } }] },
    });
  const created = await put({});
  expect(created).toMatchObject({
    status: 201,
    body: { conditions: [{ webhook: { headers: { Authorization: "(not shown)" } } }] },
  });
  expect(await api.ask("PUT", "/v1/gates/asked", { body: created.body })).toMatchObject({ status: 200 });
  expect(await put({ headers: { Authorization: "(not shown)" }, timeoutSeconds: 1 })).toMatchObject({ status: 200 });
  // A hidden value goes to no other address: whoever may change the gate cannot have it sent to himself.
  const elsewhere = await put({ url: "https://evil.example/", headers: { Authorization: "(not shown)" } });
  expect(elsewhere).toMatchObject({
    status: 400,
    body: { errors: [{ field: "conditions[0].webhook.headers.Authorization" }] },
  });
  await put({ headers: { Authorization: "Bearer hunter3" } });

  const told = await Promise.all(
    ["/v1/gates", "/v1/gates/asked", "/v1/audit?subject=asked", "/v1/events"].map((path) =>
      api.ask("GET", path, { headers: { accept: "application/json" } }),
    ),
  );
  for (const { text } of told) expect(text).not.toContain("hunter");
  expect(await dumpOf(api.database.pool)).not.toContain("hunter");
  expect(await api.ask("DELETE", "/v1/gates/asked")).toMatchObject({ status: 204 });
});

test("the query of a webhook's address is not shown either, and stands for itself alone when it is put back", async () => {
  const put = (url: string) =>
    api.ask("PUT", "/v1/gates/queried", { body: { conditions: [{ type: "custom", webhook: { url } }] } });
  const created = await put("https://checks.example/gate?token=hunter2");
  expect(created).toMatchObject({
    status: 201,
    body: { conditions: [{ webhook: { url: "https://checks.example/gate?(not shown)" } }] },
  });
  expect(await api.ask("PUT", "/v1/gates/queried", { body: created.body })).toMatchObject({ status: 200 });
  expect(await put("https://evil.example/gate?(not shown)")).toMatchObject({
    status: 400,
    body: { errors: [{ field: "conditions[0].webhook.url" }] },
  });
  expect((await api.ask("GET", "/v1/audit?subject=queried")).text).not.toContain("hunter2");
  expect(await api.ask("DELETE", "/v1/gates/queried")).toMatchObject({ status: 204 });
});

const custom = (expression: string) => ({ type: "custom", expression });

test.each<[object, string, RegExp]>([
  [{ conditions: [score({ metric: "acuracy" })] }, "conditions[0].metric", /score, accuracy.*that an evaluation/],
  [{ conditions: [score({ threshold: 90 })] }, "conditions[0].threshold", /0 to 1/],
  [{ conditions: [score(), custom("metrics.score >")] }, "conditions[1].expression", /line 1, column 16/],
  [{ conditions: [custom("scores.smoke > 1")] }, "conditions[0].expression", /Unknown variable: scores/],
  [
    { conditions: [custom("metrics.acuracy > 0.5")] },
    "conditions[0].expression",
    /acuracy at line 1, column 1 is none of/,
  ],
  [{ conditions: [custom("evaluations.smoke.metrics.acuracy > 0.5")] }, "conditions[0].expression", /acuracy/],
  [{ conditions: [custom("metrics.score")] }, "conditions[0].expression", /of type bool/],
  [{ conditions: [] }, "conditions", /at least 1/],
  [{ artifact: "nobody", conditions: [score()] }, "artifact", /an artifact of project default/],
  [{ environment: "nowhere", conditions: [score()] }, "environment", /an environment of project default/],
  [{ artifact: "greeter", kind: "prompt", conditions: [score()] }, "kind", /application/],
  [{ name: "other", conditions: [score()] }, "name", /as in the path/],
])("%j is refused by the name of its field, with what is allowed", async (body, field, allowed) => {
  const answer = await api.ask("PUT", "/v1/gates/refused", { body });
  expect(answer).toMatchObject({
    status: 400,
    headers: { "content-type": "application/problem+json" },
    body: { code: "invalid_argument", errors: [{ field, allowed: expect.stringMatching(allowed) }] },
  });
});

test("a metric of any name may be asked for once an evaluation has recorded it", async () => {
  const gate = { conditions: [score({ metric: "vibes", threshold: 7 }), custom("metrics.vibes > 6.5")] };
  expect(await api.ask("PUT", "/v1/gates/vibes", { body: gate })).toMatchObject({ status: 400 });
  const evaluation = { artifact: "greeter", version: "1", dataset: "smoke", metrics: { vibes: 8.5 }, sampleCount: 3 };
  expect(await api.ask("POST", "/v1/evaluations", { body: evaluation })).toMatchObject({ status: 201 });
  expect(await api.ask("PUT", "/v1/gates/vibes", { body: gate })).toMatchObject({ status: 201 });
});

test("a gate that comes, changes or goes wakes the deployments that wait at their gates where it is asked", async () => {
  const { db } = api.database;
  const { body } = await api.ask("POST", "/v1/deployments", {
    body: { name: "waiting", artifact: "greeter", version: "1", environment: "staging" },
  });
  const { deployment } = body as { deployment: { id: string } };
  await db.updateTable("rollouts").set({ phase: "gating" }).where("deployment_id", "=", deployment.id).execute();
  const wakesAfter = async (method: "PUT" | "DELETE", fields?: object): Promise<number> => {
    await sql`delete from graphile_worker._private_jobs`.execute(db);
    const request = fields === undefined ? {} : { body: { conditions: [score()], ...fields } };
    expect((await api.ask(method, "/v1/gates/waking", request)).status).toBeLessThan(300);
    const { rows } = await sql`select 1 from graphile_worker.jobs where key like 'reconcile:%'`.execute(db);
    return rows.length;
  };
  expect(await wakesAfter("PUT", { environment: "production" })).toBe(0);
  expect(await wakesAfter("PUT", { environment: "staging" })).toBe(1);
  expect(await wakesAfter("PUT", { environment: "staging" })).toBe(0);
  // It is asked in staging no more: what waited for it there may go on.
  expect(await wakesAfter("PUT", { environment: "production" })).toBe(1);
  expect(await wakesAfter("PUT", {})).toBe(1);
  expect(await wakesAfter("DELETE")).toBe(1);
});
