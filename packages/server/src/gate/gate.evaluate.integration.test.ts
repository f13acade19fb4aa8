import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findArtifact } from "../artifact/artifact.store.ts";
import { findVersion } from "../artifact/version.store.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { createGateDeps, type GateDeps } from "./gate.deps.ts";
import { evaluateGates, type GateRun } from "./gate.evaluate.ts";
import { flood, json, startGrpcService, startService } from "./testing/services.ts";

let api: TestApp;
let now = Date.parse("2026-11-21T12:00:00.000Z");
let run: GateRun;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  api = await testApp({ clock: () => now });
  const { db } = api.database;
  await api.ask("POST", "/v1/artifacts", {
    body: { name: "greeter", kind: "application", labels: { team: "search" } },
  });
  const spec = { command: ["true"], env: { KEY: "hunter2" } };
  await api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version: "1.0.0", spec } });
  const { body } = await api.ask("POST", "/v1/deployments", {
    body: { name: "hello", artifact: "greeter", version: "1.0.0", environment: "production" },
  });
  const artifact = await findArtifact(db, "default", "greeter");
  const version = await findVersion(db, artifact?.id ?? "", "1.0.0");
  run = {
    project: "default",
    artifact: "greeter",
    kind: "application",
    versionId: version?.id ?? "",
    version: "1.0.0",
    environment: "production",
    rollout: (body as { rollout: { id: string } }).rollout.id,
    startedAt: now,
    round: 0,
  };
});
afterAll(() => api.close());

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  const { db } = api.database;
  for (const table of ["gates", "evaluations"] as const) await db.deleteFrom(table).execute();
});

function depsOf(address: string | null = null): GateDeps {
  const evaluationService = address === null ? null : { address, token: "t", timeoutMs: 10_000 };
  const deps = createGateDeps({ evaluationService, now: () => now });
  closing.push(deps.close);
  return deps;
}

const evaluate = (deps: GateDeps, fields: Partial<GateRun> = {}) =>
  evaluateGates(api.database.db, { ...run, startedAt: now, ...fields }, deps, new AbortController().signal);

const gate = async (conditions: object[], fields: object = {}, name = "quality") => {
  const answer = await api.ask("PUT", `/v1/gates/${name}`, { body: { ...fields, conditions } });
  expect(answer.status, answer.text).toBeLessThan(300);
};

const record = async (fields: object = {}) => {
  const body = {
    artifact: "greeter",
    version: "1.0.0",
    dataset: "smoke",
    metrics: { score: 0.95 },
    sampleCount: 200,
    ...fields,
  };
  const answer = await api.ask("POST", "/v1/evaluations", { body });
  expect(answer.status, answer.text).toBe(201);
};

const score = (fields: object = {}) => ({ type: "eval_score", dataset: "smoke", threshold: 0.9, ...fields });

async function service(answer: (response: ServerResponse) => void) {
  const started = await startService(answer);
  closing.push(started.close);
  return started;
}

describe("which gates are asked", () => {
  test("those of artifact, environment and kind, by name; without any there is nothing to wait for", async () => {
    expect(await evaluate(depsOf())).toEqual([]);
    await gate([score()], { environment: "staging" }, "elsewhere");
    await gate([score()], { kind: "model" }, "of-models");
    await gate([score()], { kind: "application", environment: "production" }, "b");
    await gate([score()], { artifact: "greeter", required: false }, "a");
    expect((await evaluate(depsOf())).map(({ gate: name, required }) => [name, required])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });
});

describe("a figure of an evaluation", () => {
  test("is waited for, then judged, and the evaluation that finished last counts", async () => {
    const deps = depsOf();
    await gate([score()], { waitSeconds: 60 });
    expect(await evaluate(deps)).toMatchObject([
      {
        status: "waiting",
        waitsUntil: now + 60_000,
        message: expect.stringContaining("greeter 1.0.0 has no evaluation on smoke yet; it is waited for until"),
      },
    ]);
    expect(await evaluate(deps, { startedAt: now - 60_000 })).toMatchObject([{ status: "failed" }]);
    await record({ metrics: { score: 0.5 }, finishedAt: "2026-11-21T09:00:00Z" });
    await record({ metrics: { score: 0.95 }, finishedAt: "2026-11-21T11:00:00Z", source: "promptfoo" });
    await record({ metrics: { score: 0.1 }, finishedAt: "2026-11-21T10:00:00Z" });
    await record({ metrics: { score: 0.2 }, dataset: "other" });
    expect(await evaluate(deps)).toMatchObject([
      {
        status: "passed",
        conditions: [
          { observed: 0.95, evidence: expect.stringMatching(/^200 samples, evaluation eva_\w+ of promptfoo/) },
        ],
      },
    ]);
  });

  test("that the evaluation does not have is missing, and said to be", async () => {
    await gate([score({ metric: "accuracy" })]);
    await record();
    const [result] = await evaluate(depsOf());
    expect(result).toMatchObject({
      status: "waiting",
      message: expect.stringContaining("has no accuracy, only score"),
    });
  });

  test("of latency and cost have limits from above", async () => {
    await gate([
      { type: "latency", dataset: "smoke", threshold: 800 },
      { type: "cost", dataset: "smoke", threshold: 0.01 },
    ]);
    await record({ metrics: { p95Ms: 640, costUsd: 0.02 } });
    const [result] = await evaluate(depsOf());
    expect(result?.conditions.map(({ status }) => status)).toEqual(["passed", "failed"]);
    expect(result?.message).toContain("costUsd on smoke is 0.02 (200 samples");
  });
});

test("latency of tests is of the newest rollout of the version that measured it", async () => {
  const { db } = api.database;
  await gate([{ type: "latency", source: "tests", threshold: 500 }]);
  expect(await evaluate(depsOf())).toMatchObject([
    {
      status: "waiting",
      message: expect.stringContaining("no performance or load test of greeter 1.0.0 has measured p95Ms yet"),
    },
  ]);
  const { state } = await db
    .selectFrom("rollouts")
    .select("state")
    .where("id", "=", run.rollout)
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
    .where("id", "=", run.rollout)
    .execute();
  expect(await evaluate(depsOf())).toMatchObject([
    {
      status: "passed",
      conditions: [{ observed: 420, evidence: `900 samples, load test load of rollout ${run.rollout} in production` }],
    },
  ]);
});

describe("an expression", () => {
  const custom = (expression: string) => ({ type: "custom", expression });

  test("sees version, evaluations, metrics and deployment, and its evidence is what it saw", async () => {
    await gate([
      custom(
        'evaluations.smoke.metrics.score >= 0.9 && evaluations.smoke.sampleCount >= 100 && version.labels.team == "search"',
      ),
      custom('deployment.environment == "production" && deployment.name == "hello" && deployment.fromVersion == ""'),
      custom("metrics.score > 0.99"),
    ]);
    await record();
    const [result] = await evaluate(depsOf());
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
    await gate([custom('version.spec.env == ["KEY"]')]);
    const results = await evaluate(depsOf());
    expect(results).toMatchObject([{ status: "passed" }]);
    expect(JSON.stringify(results)).not.toContain("hunter2");
  });

  test("that needs figures which are not there waits for them, and fails for other things that are not there", async () => {
    await gate([custom("evaluations.smoke.metrics.score > 0.5")], {}, "figures");
    await gate([custom('version.labels.owner == "me"')], {}, "labels");
    const results = await evaluate(depsOf());
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
    await gate([
      custom(`${list}.map(a, ${list}.map(b, ${list}.map(c, ${list}.map(d, a + b + c + d).size()))).size() > 0`),
    ]);
    const [result] = await evaluate(depsOf());
    expect(result).toMatchObject({ status: "failed", message: expect.stringContaining("it ran longer than 5000 ms") });
  });
});

describe("a webhook", () => {
  const webhook = (url: string, fields: object = {}) => ({
    type: "custom",
    name: "checks",
    webhook: { url, ...fields },
  });

  test("decides with its reason, is told of whom, and is not asked again in the same round", async () => {
    let pass = false;
    const { url, asked } = await service((response) => json(response, { pass, reason: "3 open findings", value: 3 }));
    await gate([webhook(url, { headers: { "X-Key": "k" } })]);
    await record();
    const deps = depsOf();
    const [result] = await evaluate(deps);
    expect(result).toMatchObject({
      status: "failed",
      conditions: [
        { observed: 3, message: expect.stringMatching(/answered fail because 3 open findings; the opposite answer/) },
      ],
    });
    expect(asked).toMatchObject([
      {
        method: "POST",
        headers: { "x-key": "k", "webhook-id": expect.stringMatching(/^msg_/) },
        body: {
          gate: "quality",
          rollout: run.rollout,
          artifact: "greeter",
          version: "1.0.0",
          environment: "production",
          evaluations: [{ dataset: "smoke", metrics: { score: 0.95 } }],
        },
      },
    ]);
    pass = true;
    expect(await evaluate(deps)).toMatchObject([{ status: "failed" }]);
    expect(asked).toHaveLength(1);
    expect(await evaluate(deps, { round: 1 })).toMatchObject([{ status: "passed" }]);
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ["answers an error", (response) => json(response, { pass: true }, 500), /answered 500, which is no decision/],
    ["answers without a decision", (response) => json(response, { ok: true }), /without \{"pass": true or false\}/],
    ["answers without end", flood, /answered more than 65536 bytes/],
    ["never answers", () => undefined, /gave no answer within 0\.3 s/],
    [
      "begins an answer and never ends it",
      (response) => void response.write('{"pass": true'),
      /gave no answer within 0\.3 s/,
    ],
    [
      "redirects",
      (response) => void response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
      /answered 302/,
    ],
    ["breaks the connection", (response) => void response.socket?.destroy(), /cannot be reached/],
  ])("that %s is waited for and does not pass", async (what, answer, reason) => {
    // edge case 25
    const { url } = await service(answer);
    await gate([webhook(url, { timeoutSeconds: what.includes("never") ? 0.3 : 30 })]);
    const [result] = await evaluate(depsOf());
    expect(result).toMatchObject({ status: "waiting", message: expect.stringMatching(reason) });
  });

  test("that is down is asked again later, with patience, until it answers or the limit is over", async () => {
    let up = false;
    const { url, asked } = await service((response) => json(response, { pass: true }, up ? 200 : 503));
    await gate([webhook(url)], { waitSeconds: 60 });
    const deps = depsOf();
    const startedAt = now;
    const at = async (seconds: number) => {
      now = startedAt + seconds * 1_000;
      return (await evaluate(deps, { startedAt }))[0]?.status;
    };
    expect([await at(0), await at(0.5), await at(1), await at(2)]).toEqual(Array(4).fill("waiting"));
    expect(asked).toHaveLength(2);
    up = true;
    expect([await at(2.9), await at(3)]).toEqual(["waiting", "passed"]);
    up = false;
    const late = await evaluate(deps, { startedAt: now - 60_000, round: 1 });
    expect(late).toMatchObject([
      { status: "failed", message: expect.stringContaining("the 60 s that it was waited for") },
    ]);
    now = startedAt;
  });

  test("is given up on at once when nobody wants its answer any more", async () => {
    const { url } = await service(() => undefined);
    await gate([webhook(url, { timeoutSeconds: 60 })]);
    const stop = new AbortController();
    const results = evaluateGates(api.database.db, run, depsOf(), stop.signal);
    stop.abort(new Error("the rollout moved on"));
    await expect(results).rejects.toThrow("the rollout moved on");
  });
});

describe("an external evaluation service", () => {
  test("is asked for a dataset that nobody evaluated, and its answer is recorded as an evaluation", async () => {
    const { url, asked } = await service((response) => json(response, { metrics: { score: 0.97 }, sampleCount: 12 }));
    await gate([score(), { type: "custom", expression: "evaluations.nightly.metrics.score > 0.9" }]);
    const deps = depsOf(url);
    expect(await evaluate(deps)).toMatchObject([{ status: "passed" }]);
    expect(asked.map(({ path }) => new URL(path, url).searchParams.get("dataset")).toSorted()).toEqual([
      "nightly",
      "smoke",
    ]);
    const { body } = await api.ask("GET", "/v1/evaluations?artifact=greeter&version=1.0.0&dataset=smoke");
    expect(body).toMatchObject({ items: [{ source: "service", recordedBy: "engine", metrics: { score: 0.97 } }] });
    await evaluate(deps);
    expect(asked).toHaveLength(2);
  });

  test("by gRPC, too; while it is down the gate waits, and asks again with patience", async () => {
    let calls = 0;
    const { address, close } = await startGrpcService((_call, reply) => {
      calls += 1;
      if (calls === 1) reply({ code: 14, details: "starting" });
      else reply(null, { metrics: { score: 0.97 }, sampleCount: "12", startedAt: null, finishedAt: null });
    });
    closing.push(close);
    await gate([score()]);
    const deps = depsOf(address);
    const startedAt = now;
    // edge case 25
    const waiting = {
      status: "waiting",
      message: expect.stringContaining("on smoke yet, and the evaluation service answered UNAVAILABLE"),
    };
    expect(await evaluate(deps, { startedAt })).toMatchObject([waiting]);
    expect(await evaluate(deps, { startedAt })).toMatchObject([waiting]);
    expect(calls).toBe(1);
    now += 1_000;
    expect(await evaluate(deps, { startedAt })).toMatchObject([{ status: "passed" }]);
    expect(calls).toBe(2);
    now = startedAt;
  });
});
