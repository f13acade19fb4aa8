import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
const NOW = Date.parse("2026-11-21T12:00:00.000Z");

beforeAll(async () => {
  api = await testApp({ clock: () => NOW });
  await api.ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "application" } });
  for (const version of ["1.0.0", "1.1.0"]) {
    await api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version, spec: { command: ["true"] } } });
  }
});
afterAll(() => api.close());

const good = {
  artifact: "greeter",
  version: "1.0.0",
  dataset: "smoke",
  metrics: { score: 0.93, p95Ms: 640 },
  sampleCount: 200,
};
const post = (fields: object = {}) => api.ask("POST", "/v1/evaluations", { body: { ...good, ...fields } });

test("an evaluation is recorded with its defaults, and read again by its id", async () => {
  const recorded = await post({ startedAt: "2026-11-21T12:00:00+01:00", details: { run: "ci-7" } });
  expect(recorded).toMatchObject({
    status: 201,
    body: {
      ...good,
      id: expect.stringMatching(/^eva_/),
      project: "default",
      source: "api",
      startedAt: "2026-11-21T11:00:00.000Z",
      finishedAt: "2026-11-21T12:00:00.000Z",
      details: { run: "ci-7" },
      recordedBy: "local",
    },
  });
  const { id } = recorded.body as { id: string };
  expect(await api.ask("GET", `/v1/evaluations/${id}`)).toMatchObject({ status: 200, body: recorded.body });
  const { body: audit } = await api.ask("GET", `/v1/audit?subject=${id}`);
  expect(audit).toMatchObject({
    items: [{ action: "evaluation.record", detail: { dataset: "smoke", sampleCount: 200 } }],
  });
  // Events are read once every older transaction of the database server has ended.
  const events = async () => (await api.ask("GET", "/v1/events", { headers: { accept: "application/json" } })).text;
  const sentence = "greeter 1.0.0 on smoke: score 0.93, p95Ms 640 (200 samples, api)";
  await expect.poll(events).toContain(sentence);
});

test("lists are newest first, of an artifact, a version, a dataset", async () => {
  await post({ version: "1.1.0" });
  await post({ version: "1.1.0", dataset: "nightly/full" });
  const list = async (query: string) => {
    const { body } = await api.ask("GET", `/v1/evaluations?${query}`);
    return (body as { items: (typeof good)[] }).items.map(({ version, dataset }) => `${version} ${dataset}`);
  };
  expect(await list("artifact=greeter&version=1.1.0")).toEqual(["1.1.0 nightly/full", "1.1.0 smoke"]);
  expect(await list("dataset=nightly/full")).toEqual(["1.1.0 nightly/full"]);
  expect(await list("artifact=nobody")).toEqual([]);
  expect(await list("limit=1")).toEqual(["1.1.0 nightly/full"]);
  expect(await api.ask("GET", "/v1/evaluations?version=1.1.0")).toMatchObject({
    status: 400,
    body: { errors: [{ field: "query.artifact" }] },
  });
});

test.each<[object, number, string]>([
  [{ metrics: { score: 1.2 } }, 400, "metrics.score"],
  [{ metrics: { accuracy: -0.1 } }, 400, "metrics.accuracy"],
  [{ metrics: { p95Ms: -1 } }, 400, "metrics.p95Ms"],
  [{ metrics: { score: "0.9" } }, 400, "metrics.score"],
  [{ metrics: { "my score": 0.9 } }, 400, "metrics.my score"],
  [{ metrics: {} }, 400, "metrics"],
  [{ sampleCount: 0.5 }, 400, "sampleCount"],
  [{ sampleCount: undefined }, 400, "sampleCount"],
  [{ finishedAt: "2027-01-01T00:00:00Z" }, 400, "finishedAt"],
  [{ startedAt: "2026-11-21T11:00:00Z", finishedAt: "2026-11-21T10:00:00Z" }, 400, "startedAt"],
  [{ artifact: "nobody" }, 404, "artifact"],
  [{ version: "9.9.9" }, 404, "version"],
  [{ score: 1 }, 400, "score"],
])("%j is refused with %i by the name of its field", async (fields, status, field) => {
  const answer = await post(fields);
  expect(answer).toMatchObject({ status, body: { errors: [{ field, allowed: expect.stringMatching(/\w/) }] } });
});

const result = (fields: object = {}) => ({
  provider: { id: "openai:gpt-4.1-mini" },
  prompt: { raw: "Say hello", label: "hello" },
  success: true,
  score: 0.5,
  latencyMs: 640,
  ...fields,
});

const promptfoo = (...results: object[]) => ({
  artifact: "greeter",
  version: "1.0.0",
  promptfoo: {
    evalId: "eval-1",
    results: { version: 3, timestamp: "2026-11-21T09:00:00.000Z", results },
    config: { description: "greetings" },
  },
});

test("a results file of promptfoo is an evaluation, and what is missing in it is named", async () => {
  const recorded = await api.ask("POST", "/v1/evaluations", { body: promptfoo(result(), result({ score: 1 })) });
  expect(recorded).toMatchObject({
    status: 201,
    body: {
      dataset: "greetings",
      metrics: { score: 0.75, passRate: 1 },
      sampleCount: 2,
      source: "promptfoo",
      finishedAt: "2026-11-21T09:00:00.000Z",
      recordedBy: "local",
    },
  });
  const refused = async (body: object) => (await api.ask("POST", "/v1/evaluations", { body })).body;
  expect(await refused(promptfoo(result(), result({ score: undefined })))).toMatchObject({
    code: "invalid_argument",
    errors: [{ field: "promptfoo.results.results[1].score" }],
  });
  expect(await refused(promptfoo(result({ score: 1.5 })))).toMatchObject({
    errors: [{ field: "promptfoo.results.results[0].score", allowed: "at most 1" }],
  });
  const two = promptfoo(result(), result({ provider: { id: "other" } }));
  expect(await refused(two)).toMatchObject({ errors: [{ field: "provider" }] });
  expect(await api.ask("POST", "/v1/evaluations", { body: { ...two, provider: "other" } })).toMatchObject({
    status: 201,
  });
});

test("an evaluation that came wakes the deployments whose rollouts of that version wait at their gates", async () => {
  const { db } = api.database;
  const { body } = await api.ask("POST", "/v1/deployments", {
    body: { name: "greeter", artifact: "greeter", version: "1.1.0", environment: "staging" },
  });
  const { deployment } = body as { deployment: { id: string } };
  const wakesAfter = async (phase: string, fields: object): Promise<number> => {
    await db.updateTable("rollouts").set({ phase }).where("deployment_id", "=", deployment.id).execute();
    await sql`delete from graphile_worker._private_jobs`.execute(db);
    await post(fields);
    const { rows } = await sql`select 1 from graphile_worker.jobs where key like 'reconcile:%'`.execute(db);
    return rows.length;
  };
  expect(await wakesAfter("gating", { version: "1.1.0" })).toBe(1);
  expect(await wakesAfter("gating", { version: "1.0.0" })).toBe(0);
  expect(await wakesAfter("shifting", { version: "1.1.0" })).toBe(0);
});
