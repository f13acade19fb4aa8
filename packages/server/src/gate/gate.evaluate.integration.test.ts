import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type GateFixture, gateFixture } from "./testing/gate.fixture.ts";

let fixture: GateFixture;
beforeAll(async () => {
  fixture = await gateFixture();
});
afterEach(() => fixture.tidy());
afterAll(() => fixture.api.close());

const score = (fields: object = {}) => ({ type: "eval_score", dataset: "smoke", threshold: 0.9, ...fields });

describe("which gates are asked", () => {
  test("those of artifact, environment and kind, by name; without any there is nothing to wait for", async () => {
    expect(await fixture.evaluate(fixture.deps())).toEqual([]);
    await fixture.gate([score()], { environment: "staging" }, "elsewhere");
    await fixture.gate([score()], { kind: "model" }, "of-models");
    await fixture.gate([score()], { kind: "application", environment: "production" }, "b");
    await fixture.gate([score()], { artifact: "greeter", required: false }, "a");
    expect((await fixture.evaluate(fixture.deps())).map(({ gate: name, required }) => [name, required])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });
});

describe("a figure of an evaluation", () => {
  test("is waited for, then judged, and the evaluation that finished last counts", async () => {
    const deps = fixture.deps();
    await fixture.gate([score()], { waitSeconds: 60 });
    expect(await fixture.evaluate(deps)).toMatchObject([
      {
        status: "waiting",
        waitsUntil: fixture.clock.now + 60_000,
        message: expect.stringContaining("greeter 1.0.0 has no evaluation on smoke yet; it is waited for until"),
      },
    ]);
    expect(await fixture.evaluate(deps, { startedAt: fixture.clock.now - 60_000 })).toMatchObject([
      { status: "failed" },
    ]);
    await fixture.record({ metrics: { score: 0.5 }, finishedAt: "2026-11-21T09:00:00Z" });
    await fixture.record({ metrics: { score: 0.95 }, finishedAt: "2026-11-21T11:00:00Z", source: "promptfoo" });
    await fixture.record({ metrics: { score: 0.1 }, finishedAt: "2026-11-21T10:00:00Z" });
    await fixture.record({ metrics: { score: 0.2 }, dataset: "other" });
    expect(await fixture.evaluate(deps)).toMatchObject([
      {
        status: "passed",
        conditions: [
          { observed: 0.95, evidence: expect.stringMatching(/^200 samples, evaluation eva_\w+ of promptfoo/) },
        ],
      },
    ]);
  });

  test("is found among those of any number of datasets", async () => {
    await fixture.gate([score({ dataset: "zebra" })]);
    await fixture.record({ dataset: "zebra" });
    await sql`
      insert into evaluations (id, project, version_id, dataset, metrics, sample_count, source, finished_at, recorded_by)
      select 'eva_' || i, 'default', ${fixture.run.versionId}, 'ape-' || i, '{"score": 0.1}', 1, 'test', now(), 'test'
      from generate_series(1, 300) i`.execute(fixture.api.database.db);
    expect(await fixture.evaluate(fixture.deps())).toMatchObject([{ status: "passed" }]);
  });

  test("that the evaluation does not have is missing, and said to be", async () => {
    await fixture.gate([score({ metric: "accuracy" })]);
    await fixture.record();
    const [result] = await fixture.evaluate(fixture.deps());
    expect(result).toMatchObject({
      status: "waiting",
      message: expect.stringContaining("has no accuracy, only score"),
    });
  });

  test("of latency and cost have limits from above", async () => {
    await fixture.gate([
      { type: "latency", dataset: "smoke", threshold: 800 },
      { type: "cost", dataset: "smoke", threshold: 0.01 },
    ]);
    await fixture.record({ metrics: { p95Ms: 640, costUsd: 0.02 } });
    const [result] = await fixture.evaluate(fixture.deps());
    expect(result?.conditions.map(({ status }) => status)).toEqual(["passed", "failed"]);
    expect(result?.message).toContain("costUsd on smoke is 0.02 (200 samples");
  });
});

test("latency of tests is of the newest rollout of the version that measured it", async () => {
  const { db } = fixture.api.database;
  await fixture.gate([{ type: "latency", source: "tests", threshold: 500 }]);
  expect(await fixture.evaluate(fixture.deps())).toMatchObject([
    {
      status: "waiting",
      message: expect.stringContaining("no performance or load test of greeter 1.0.0 has measured p95Ms yet"),
    },
  ]);
  const { state } = await db
    .selectFrom("rollouts")
    .select("state")
    .where("id", "=", fixture.run.rollout)
    .executeTakeFirstOrThrow();
  const test = {
    name: "load",
    type: "load",
    status: "passed",
    metrics: { p95Ms: 420, requests: 900 },
    message: "",
    logs: [],
  };
  const tests = [{ ...test, name: "functional", type: "functional", metrics: { p95Ms: 1 } }, test];
  await db
    .updateTable("rollouts")
    .set({ state: JSON.stringify({ ...state, tests }) })
    .where("id", "=", fixture.run.rollout)
    .execute();
  expect(await fixture.evaluate(fixture.deps())).toMatchObject([
    {
      status: "passed",
      conditions: [
        { observed: 420, evidence: `900 samples, load test load of rollout ${fixture.run.rollout} in production` },
      ],
    },
  ]);
});

describe("an expression", () => {
  const custom = (expression: string) => ({ type: "custom", expression });

  test("sees version, evaluations, metrics and deployment, and its evidence is what it saw", async () => {
    await fixture.gate([
      custom(
        'evaluations.smoke.metrics.score >= 0.9 && evaluations.smoke.sampleCount >= 100 && version.labels.team == "search"',
      ),
      custom('deployment.environment == "production" && deployment.name == "hello" && deployment.fromVersion == ""'),
      custom("metrics.score > 0.99"),
    ]);
    await fixture.record();
    const [result] = await fixture.evaluate(fixture.deps());
    expect(result?.conditions).toMatchObject([
      {
        status: "passed",
        observed: true,
        evidence: expect.stringContaining("evaluations.smoke.metrics.score = 0.95, smoke of 200 samples"),
      },
      { status: "passed" },
      {
        status: "failed",
        observed: false,
        message:
          "the expression `metrics.score > 0.99` is false for greeter 1.0.0 (metrics.score = 0.95); it passes when it is true",
      },
    ]);
  });

  test("never sees the values of the version's variables", async () => {
    await fixture.gate([custom('version.spec.env == ["KEY"]')]);
    const results = await fixture.evaluate(fixture.deps());
    expect(results).toMatchObject([{ status: "passed" }]);
    expect(JSON.stringify(results)).not.toContain("hunter2");
  });

  test("that needs figures which are not there waits for them, and fails for other things that are not there", async () => {
    await fixture.gate([custom("evaluations.smoke.metrics.score > 0.5")], {}, "figures");
    await fixture.gate([custom('version.labels.owner == "me"')], {}, "labels");
    const results = await fixture.evaluate(fixture.deps());
    expect(results).toMatchObject([
      {
        gate: "figures",
        status: "waiting",
        message: expect.stringContaining("no evaluation of greeter 1.0.0 has recorded yet"),
      },
      {
        gate: "labels",
        status: "failed",
        message: expect.stringContaining("names version.labels.owner, which greeter 1.0.0 does not have"),
      },
    ]);
  });

  test("that runs too long has failed, and says so", async () => {
    const list = `[${Array.from({ length: 150 }, (_, at) => at).join(",")}]`;
    await fixture.gate([
      custom(`${list}.map(a, ${list}.map(b, ${list}.map(c, ${list}.map(d, a + b + c + d).size()))).size() > 0`),
    ]);
    const [result] = await fixture.evaluate(fixture.deps());
    expect(result).toMatchObject({ status: "failed", message: expect.stringContaining("it ran longer than 5000 ms") });
  });
});
