import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_ADMIN } from "../access/principal.ts";
import { allOn, half, insertPrompt, want } from "../resolve/testing/prompt.fixture.ts";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
let id: string;
let deployer: string;
let viewer: string;
let stranger: string;

beforeAll(async () => {
  api = await testApp({ auth: true });
  const { services, database } = api;
  id = await insertPrompt(services, { name: "greeting" });
  await want(database.db, id, { split: half });
  await services.projects.create(LOCAL_ADMIN, { name: "search" });
  const make = async (project: string, role: "viewer" | "deployer") =>
    (await services.tokens.create(LOCAL_ADMIN, { project, name: role, role, environment: null, expiresAt: null }))
      .secret;
  deployer = await make("default", "deployer");
  viewer = await make("default", "viewer");
  stranger = await make("search", "deployer");
});

afterAll(() => api.close());

const send = (body: unknown, headers: Record<string, string> = {}, path = "/v1/feedback") =>
  api.ask("POST", path, { body, headers: { authorization: `Bearer ${deployer}`, ...headers } });

const batch = (reports: unknown) => send({ deployment: "greeting", reports }, {}, "/v1/feedback/batch");

/** How often each bin of a revision was counted. */
async function counted(deployment = id): Promise<Record<string, number>> {
  const rows = await api.database.db
    .selectFrom("resolver_counts")
    .select(["revision", "bin", "count"])
    .where("deployment_id", "=", deployment)
    .execute();
  return Object.fromEntries(rows.map(({ revision, bin, count }) => [`${revision}/${bin}`, count]));
}

const stored = (deployment = id) =>
  api.database.db.selectFrom("feedback").selectAll().where("deployment_id", "=", deployment).orderBy("id").execute();

test("a report is kept, counted and scored before it is acknowledged", async () => {
  const report = {
    revision: 2,
    score: 0.9,
    scores: { tone: 0.4 },
    error: false,
    latencyMs: 0.05,
    cost: 0.002,
    comment: "fine",
  };
  expect(await send({ deployment: "greeting", environment: "development", ...report })).toMatchObject({
    status: 202,
    body: { recorded: 1, duplicates: 0 },
  });
  expect(await counted()).toEqual({ "2/0": 1 });
  const scores = await api.database.db.selectFrom("scores").select(["revision", "metric", "scores"]).execute();
  expect(scores.sort((left, right) => (left.metric < right.metric ? -1 : 1))).toEqual([
    { revision: 2, metric: "cost", scores: [0.002] },
    { revision: 2, metric: "quality", scores: [0.9] },
    { revision: 2, metric: "tone", scores: [0.4] },
  ]);
  const listed = await api.ask("GET", "/v1/feedback?deployment=greeting", {
    headers: { authorization: `Bearer ${viewer}` },
  });
  expect(listed).toMatchObject({
    status: 200,
    body: {
      nextCursor: null,
      items: [
        {
          ...{
            deployment: "greeting",
            revision: 2,
            version: "1.1.0",
            scores: { quality: 0.9, tone: 0.4 },
            error: false,
          },
          ...{ latencyMs: 0.05, cost: 0.002, comment: "fine", report: null, reportedBy: "deployer" },
        },
      ],
    },
  });
});

test("the same report counts once, however and how often it comes", async () => {
  const before = await counted();
  const report = { deployment: "greeting", version: "1.0.0", error: true, id: "answer-1" };
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(report)));
  expect(answers.reduce((sum, { body }) => sum + (body as { recorded: number }).recorded, 0)).toBe(1);
  const twice = { revision: 1, error: true, id: "answer-2" };
  expect(await batch([twice, twice, { ...twice, id: "answer-1" }])).toMatchObject({
    body: { recorded: 1, duplicates: 2 },
  });
  expect(await counted()).toEqual({ ...before, "1/-2": 2 });
});

test("an Idempotency-Key guards a report without an id: one commit, and the same answer again", async () => {
  const before = await stored();
  const report = { deployment: "greeting", revision: 1, comment: "again" };
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(report, { "idempotency-key": "once" })));
  for (const answer of answers) expect(answer).toMatchObject({ status: 202, body: { recorded: 1 } });
  expect(await stored()).toHaveLength(before.length + 1);
});

test("hundreds of reports at a time are counted to the last one", async () => {
  const other = await insertPrompt(api.services, { name: "busy" });
  await want(api.database.db, other, { split: half });
  const reports = Array.from({ length: 600 }, (_, index) =>
    send({ deployment: "busy", revision: 1 + (index % 2), error: index % 3 === 0, score: 0.5 }),
  );
  for (const { status } of await Promise.all(reports)) expect(status).toBe(202);
  expect(await counted(other)).toEqual({ "1/-1": 200, "1/-2": 100, "2/-1": 200, "2/-2": 100 });
  const scores = await api.database.db
    .selectFrom("scores")
    .select("scores")
    .where("deployment_id", "=", other)
    .execute();
  expect(scores.flatMap((row) => row.scores)).toHaveLength(600);
});

test("a key names the version that it gets", async () => {
  const reports = Array.from({ length: 40 }, (_, index) => ({ key: `person-${index}`, error: false }));
  expect(await batch(reports)).toMatchObject({ status: 202, body: { recorded: 40 } });
  const last = (await stored()).slice(-40).map(({ revision }) => revision);
  const asked = await Promise.all(
    reports.map(({ key }) =>
      api.ask("GET", `/v1/resolve/greeting?key=${key}`, { headers: { authorization: `Bearer ${viewer}` } }),
    ),
  );
  expect(last).toEqual(asked.map(({ body }) => (body as { revision: number }).revision));
});

test("what a rule decided is kept and compared with nothing", async () => {
  const before = await counted();
  expect(
    await send({ deployment: "greeting", revision: 2, reason: "TARGETING_MATCH", error: true, score: 0.1 }),
  ).toMatchObject({
    status: 202,
  });
  expect(await counted()).toEqual(before);
  expect((await stored()).at(-1)).toMatchObject({ error: true, scores: { quality: 0.1 } });
});

describe("bad input", () => {
  const good = { deployment: "greeting", revision: 1, score: 0.5 };

  test.each<[string, object, string]>([
    ["no deployment", { revision: 1, score: 0.5 }, "deployment"],
    ["no version at all", { deployment: "greeting", score: 0.5 }, "revision"],
    ["two ways to name the version", { ...good, key: "a" }, "revision"],
    ["nothing to say", { deployment: "greeting", revision: 1 }, "score"],
    ["quality said twice", { ...good, scores: { quality: 1 } }, "score"],
    ["a score above 1", { ...good, score: 1.01 }, "score"],
    ["a score that is a text", { ...good, score: "0.5" }, "score"],
    ["a score of an odd name", { ...good, scores: { "Tone!": 1 } }, "scores.Tone!"],
    ["a negative latency", { ...good, latencyMs: -1 }, "latencyMs"],
    ["an enormous latency", { ...good, latencyMs: 1e300 }, "latencyMs"],
    ["an error that is no truth value", { ...good, error: "no" }, "error"],
    ["a revision that is not", { ...good, revision: 99 }, "revision"],
    ["a revision beyond all numbers", { ...good, revision: 2 ** 40 }, "revision"],
    ["a version that is not", { deployment: "greeting", version: "9.9.9", score: 1 }, "version"],
    ["an enormous comment", { ...good, comment: "x".repeat(5_000) }, "comment"],
    ["a zero byte", { ...good, comment: "a\0b" }, "comment"],
    ["an unknown field", { ...good, stars: 5 }, "stars"],
    ["a body that is a list", [good], ""],
  ])("%s is refused by the name of the field, and nothing is kept", async (_what, body, field) => {
    const before = await stored();
    const { status, body: problem } = await send(body);
    expect({ status, problem }).toMatchObject({ status: 400, problem: { errors: [{ field }] } });
    expect(await stored()).toHaveLength(before.length);
  });

  test("one bad report of many takes all of them back, and is named by its place", async () => {
    const before = await stored();
    const reports = [
      { revision: 1, score: 1 },
      { revision: 77, score: 1 },
    ];
    expect(await batch(reports)).toMatchObject({
      status: 400,
      body: { errors: [{ field: "reports[1].revision", found: 77 }] },
    });
    expect(await batch([])).toMatchObject({ status: 400, body: { errors: [{ field: "reports" }] } });
    expect(await batch(Array.from({ length: 1_001 }, () => ({ revision: 1, score: 1 })))).toMatchObject({
      status: 400,
    });
    expect(await stored()).toHaveLength(before.length);
  });

  test("somebody else's prompt is not there, and who may only read may not report", async () => {
    const theirs = await send(good, { authorization: `Bearer ${stranger}` });
    expect(theirs).toMatchObject({ status: 404 });
    const byId = await send({ ...good, deployment: id }, { authorization: `Bearer ${stranger}` });
    expect(byId).toMatchObject({ status: 404 });
    expect(await send(good, { authorization: `Bearer ${viewer}` })).toMatchObject({ status: 403 });
    const listed = await api.ask("GET", `/v1/feedback?deployment=${id}`, {
      headers: { authorization: `Bearer ${stranger}` },
    });
    expect(listed).toMatchObject({ status: 404 });
  });

  test("what is no prompt takes no feedback", async () => {
    const headers = { authorization: `Bearer ${deployer}` };
    await api.ask("POST", "/v1/artifacts", { headers, body: { name: "app", kind: "application" } });
    await api.ask("POST", "/v1/artifacts/app/versions", { headers, body: { version: "1", spec: { command: ["a"] } } });
    const deployment = { name: "app", artifact: "app", version: "1", environment: "development" };
    await api.ask("POST", "/v1/deployments", { headers, body: deployment });
    const answer = await send({ ...good, deployment: "app" });
    expect(answer).toMatchObject({ status: 409, body: { detail: expect.stringContaining("kind application") } });
  });
});

test("a deployment that goes takes its feedback with it", async () => {
  const gone = await insertPrompt(api.services, { name: "gone" });
  await want(api.database.db, gone, { split: allOn(1) });
  expect(await send({ deployment: "gone", revision: 1, error: false })).toMatchObject({ status: 202 });
  await api.database.db.deleteFrom("deployments").where("id", "=", gone).execute();
  expect([await stored(gone), await counted(gone)]).toEqual([[], {}]);
});
