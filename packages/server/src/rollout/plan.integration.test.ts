import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bodyOf, type Delivery, startDelivery, WAITING_CANARY } from "../deployment/testing/delivery.fixture.ts";
import type { PlanView } from "./plan.schema.ts";

let api: Delivery;
beforeAll(async () => {
  api = await startDelivery();
});
afterAll(() => api.close());

const plan = async (body: object): Promise<PlanView> => {
  const answer = await api.ask("POST", "/v1/rollouts/plan", { body });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as PlanView;
};

/** Everything that a plan must leave as it is. */
const state = async (): Promise<unknown> => {
  const { rows } = await api.database.pool.query(`
    select (select count(*) from deployments) deployments, (select count(*) from revisions) revisions,
           (select count(*) from rollouts) rollouts, (select count(*) from routes) routes, (select count(*) from events) events,
           (select seq from audit_heads where project = 'default') audit, (select sum(replicas) from deployments) replicas`);
  return rows;
};

const CANARY = { type: "canary", initialPercentage: 5, bakeSeconds: 60, monitoringSeconds: 30 };

describe("a plan", () => {
  test("of a patch tells steps, checks, times and the requests to notice a regression, and changes nothing", async () => {
    const { id } = await api.serve("planned");
    const before = await state();
    const answer = await plan({
      deployment: id,
      version: "1.1.0",
      config: { replicas: 3 },
      strategy: CANARY,
      baseline: { errorRate: 0.005, requestsPerSecond: 200, candidateErrorRate: 1 },
    });
    expect(answer).toMatchObject({
      deployment: "planned",
      environment: "development",
      changes: true,
      ...{ fromRevision: 1, fromVersion: "1.0.0", toRevision: 2, toVersion: "1.1.0", replicas: 3 },
      blocked: false,
      gates: [],
      tests: [],
      conflict: null,
      frozenUntil: null,
      shortestSeconds: 150,
      approvals: { required: 0, steps: 0 },
    });
    expect(answer.steps.map(({ type, weight, seconds }) => [type, weight ?? seconds])).toEqual([
      ["setWeight", 5],
      ["analyze", 60],
      ["setWeight", 25],
      ["analyze", 60],
      ["setWeight", 100],
    ]);
    expect(answer.expectedSeconds).toBeGreaterThan(answer.shortestSeconds);
    expect(answer.validations.length).toBeGreaterThan(0);
    expect(answer.validations.every((result) => result.passed)).toBe(true);
    const notice = answer.requestsToNotice ?? [];
    expect(notice.map((entry) => entry.weight)).toEqual([5, 25]);
    // ANALYSIS §7: 43 requests on average at α = 0.01; the guard's own share of α and of the metrics costs a few more.
    expect(notice[0]?.requests).toBeGreaterThan(43);
    expect(notice[0]?.requests).toBeLessThan(150);
    expect(notice[1]?.requests).toBeLessThan(notice[0]?.requests ?? 0);
    expect(await state()).toEqual(before);
    expect(await api.deployment(id)).toMatchObject({ replicas: 1, revision: 1, activeRollout: null });
  });

  test("of a new deployment is what its creation would do; then the name is still free", async () => {
    const before = await state();
    const answer = await plan({ ...bodyOf("dreamt"), baseline: { errorRate: 0, requestsPerSecond: 10 } });
    expect(answer).toMatchObject({ changes: true, fromRevision: null, toRevision: 1, requestsToNotice: null });
    expect(answer.steps).toMatchObject([{ type: "switch", status: "pending" }]);
    expect(await state()).toEqual(before);
    await api.serve("dreamt");
  });

  test("of no change says so", async () => {
    const { id } = await api.serve("still");
    expect(await plan({ deployment: id })).toMatchObject({
      changes: false,
      steps: [],
      validations: [],
      strategy: null,
    });
  });

  test("shows a check that would stop the rollout", async () => {
    const spec = { command: ["no-such-program-anywhere"] };
    await api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version: "0.0.1", spec } });
    const answer = await plan({ ...bodyOf("hopeless"), version: "0.0.1" });
    expect(answer.blocked).toBe(true);
    expect(answer.validations.filter((result) => !result.passed)).toMatchObject([
      { severity: "critical", message: expect.stringContaining("no-such-program-anywhere") },
    ]);
  });

  test("names the rollout under way, the approvals, and the steps that wait for one", async () => {
    const { id } = await api.serve("met");
    const running = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    expect(await plan({ deployment: id, version: "1.2.0", strategy: WAITING_CANARY })).toMatchObject({
      conflict: { rollout: running.id, handling: "supersede" },
      approvals: { steps: 1, required: 0 },
      fromRevision: 1,
      toRevision: 3,
    });
  });

  test("names the gates that will ask, the tests to pass, and who may approve until when", async () => {
    const { id } = await api.serve("asked");
    const gate = { conditions: [{ type: "eval_score", dataset: "smoke", threshold: 0.9 }] };
    expect((await api.ask("PUT", "/v1/gates/quality", { body: { ...gate, artifact: "greeter" } })).status).toBeLessThan(
      300,
    );
    const tests = { functional: [{ name: "answers", request: { path: "/" } }], loadTest: true };
    const answer = await plan({ deployment: id, version: "1.1.0", strategy: { type: "immediate", tests } });
    expect(answer.gates).toEqual([
      {
        ...{ gate: "quality", required: true, waitSeconds: 3_600 },
        conditions: [{ name: "score on smoke", type: "eval_score", required: true, operator: "gte", threshold: 0.9 }],
      },
    ]);
    expect(answer.tests.map(({ type }) => type)).toEqual(["functional", "load"]);
    expect(answer.approvals).toMatchObject({ expirySeconds: null });
    await api.ask("DELETE", "/v1/gates/quality");
  });

  test("throws what the change would throw", async () => {
    await api.serve("holder");
    const thief = { ...bodyOf("thief"), route: { path: "/holder" } };
    expect(await api.ask("POST", "/v1/rollouts/plan", { body: thief })).toMatchObject({
      status: 409,
      body: { code: "already_exists", detail: expect.stringContaining("deployment holder") },
    });
    expect(await api.ask("POST", "/v1/rollouts/plan", { body: { ...bodyOf("x"), artifact: undefined } })).toMatchObject(
      {
        status: 400,
        body: { errors: [{ field: "artifact" }] },
      },
    );
    const baseline = { errorRate: 0.5, requestsPerSecond: 1, candidateErrorRate: 0.1 };
    expect(await api.ask("POST", "/v1/rollouts/plan", { body: { deployment: "holder", baseline } })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "baseline.candidateErrorRate", found: 0.1 }] },
    });
  });
});
