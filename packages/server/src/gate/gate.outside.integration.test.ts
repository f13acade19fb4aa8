import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { evaluateGates } from "./gate.evaluate.ts";
import { type GateFixture, gateFixture } from "./testing/gate.fixture.ts";
import { flood, json, startGrpcService } from "./testing/services.ts";

let fixture: GateFixture;
beforeAll(async () => {
  fixture = await gateFixture();
});
afterEach(() => fixture.tidy());
afterAll(() => fixture.api.close());

const score = (fields: object = {}) => ({ type: "eval_score", dataset: "smoke", threshold: 0.9, ...fields });

describe("a webhook", () => {
  const webhook = (url: string, fields: object = {}) => ({
    type: "custom",
    name: "checks",
    webhook: { url, ...fields },
  });

  test("decides with its reason, is told of whom, and is not asked again in the same round", async () => {
    let pass = false;
    const { url, asked } = await fixture.service((response) =>
      json(response, { pass, reason: "3 open findings", value: 3 }),
    );
    await fixture.gate([webhook(url, { headers: { "X-Key": "k" } })]);
    await fixture.record();
    const deps = fixture.deps();
    const [result] = await fixture.evaluate(deps);
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
          rollout: fixture.run.rollout,
          artifact: "greeter",
          version: "1.0.0",
          environment: "production",
          evaluations: [{ dataset: "smoke", metrics: { score: 0.95 } }],
        },
      },
    ]);
    pass = true;
    expect(await fixture.evaluate(deps)).toMatchObject([{ status: "failed" }]);
    expect(asked).toHaveLength(1);
    expect(await fixture.evaluate(deps, { round: 1 })).toMatchObject([{ status: "passed" }]);
    const ids = asked.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(2);
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
    const { url } = await fixture.service(answer);
    await fixture.gate([webhook(url, { timeoutSeconds: what.includes("never") ? 0.3 : 30 })]);
    const [result] = await fixture.evaluate(fixture.deps());
    expect(result).toMatchObject({ status: "waiting", message: expect.stringMatching(reason) });
  });

  test("that is down is asked again later, with patience, until it answers or the limit is over", async () => {
    let up = false;
    const { url, asked } = await fixture.service((response) => json(response, { pass: true }, up ? 200 : 503));
    await fixture.gate([webhook(url)], { waitSeconds: 60 });
    const deps = fixture.deps();
    const startedAt = fixture.clock.now;
    const at = async (seconds: number) => {
      fixture.clock.now = startedAt + seconds * 1_000;
      return (await fixture.evaluate(deps, { startedAt }))[0]?.status;
    };
    expect([await at(0), await at(0.5), await at(1), await at(2)]).toEqual(Array(4).fill("waiting"));
    expect(asked).toHaveLength(2);
    up = true;
    expect([await at(2.9), await at(3)]).toEqual(["waiting", "passed"]);
    up = false;
    const late = await fixture.evaluate(deps, { startedAt: fixture.clock.now - 60_000, round: 1 });
    expect(late).toMatchObject([
      { status: "failed", message: expect.stringContaining("the 60 s that it was waited for") },
    ]);
    fixture.clock.now = startedAt;
  });

  test("is given up on at once when nobody wants its answer any more", async () => {
    const { url } = await fixture.service(() => undefined);
    await fixture.gate([webhook(url, { timeoutSeconds: 60 })]);
    const stop = new AbortController();
    const results = evaluateGates(fixture.api.database.db, fixture.run, fixture.deps(), stop.signal);
    stop.abort(new Error("the rollout moved on"));
    await expect(results).rejects.toThrow("the rollout moved on");
  });
});

describe("an external evaluation service", () => {
  test("is asked for a dataset that nobody evaluated, and its answer is recorded as an evaluation", async () => {
    const { url, asked } = await fixture.service((response) =>
      json(response, { metrics: { score: 0.97 }, sampleCount: 12 }),
    );
    await fixture.gate([score(), { type: "custom", expression: "evaluations.nightly.metrics.score > 0.9" }]);
    const deps = fixture.deps(url);
    expect(await fixture.evaluate(deps)).toMatchObject([{ status: "passed" }]);
    expect(asked.map(({ path }) => new URL(path, url).searchParams.get("dataset")).toSorted()).toEqual([
      "nightly",
      "smoke",
    ]);
    const { body } = await fixture.api.ask("GET", "/v1/evaluations?artifact=greeter&version=1.0.0&dataset=smoke");
    expect(body).toMatchObject({ items: [{ source: "service", recordedBy: "engine", metrics: { score: 0.97 } }] });
    await fixture.evaluate(deps);
    expect(asked).toHaveLength(2);
  });

  test("by gRPC, too; while it is down the gate waits, and asks again with patience", async () => {
    let calls = 0;
    const { address, close } = await startGrpcService((_call, reply) => {
      calls += 1;
      if (calls === 1) reply({ code: 14, details: "starting" });
      else reply(null, { metrics: { score: 0.97 }, sampleCount: "12", startedAt: null, finishedAt: null });
    });
    fixture.later(close);
    await fixture.gate([score()]);
    const deps = fixture.deps(address);
    const startedAt = fixture.clock.now;
    // edge case 25
    const waiting = {
      status: "waiting",
      message: expect.stringContaining("on smoke yet, and the evaluation service answered UNAVAILABLE"),
    };
    expect(await fixture.evaluate(deps, { startedAt })).toMatchObject([waiting]);
    expect(await fixture.evaluate(deps, { startedAt })).toMatchObject([waiting]);
    expect(calls).toBe(1);
    fixture.clock.now += 1_000;
    expect(await fixture.evaluate(deps, { startedAt })).toMatchObject([{ status: "passed" }]);
    expect(calls).toBe(2);
    fixture.clock.now = startedAt;
  });
});
