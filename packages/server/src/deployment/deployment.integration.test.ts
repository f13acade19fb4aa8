import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Delivery, startDelivery, WAITING_CANARY } from "./testing/delivery.fixture.ts";

let api: Delivery;
beforeAll(async () => {
  api = await startDelivery();
});
afterAll(() => api.close());

describe("creating a deployment", () => {
  test("begins its first rollout and shows it deploying, then running with all traffic on revision 1", async () => {
    const { deployment, rollout } = await api.create("first", { config: { replicas: 2 }, labels: { team: "search" } });
    expect(deployment).toMatchObject({
      name: "first",
      project: "default",
      kind: "application",
      artifact: "greeter",
      environment: "development",
      version: "1.0.0",
      revision: 1,
      activeRollout: rollout.id,
      labels: { team: "search" },
      config: { replicas: 2 },
      deployedBy: "local",
      endpoints: { external: "http://127.0.0.1:30080/first" },
    });
    expect(["deploying", "running"]).toContain(deployment.status);
    expect(rollout).toMatchObject({ deployment: deployment.id, fromRevision: null, toRevision: 1, outcome: null });

    // edge case 11
    const done = await api.ended(rollout.id);
    expect(done).toMatchObject({ phase: "completed", progressPercentage: 100, weight: 100, allowedCommands: [] });
    expect(done.steps.map((step) => step.type)).toEqual(["switch"]);
    const running = await api.deployment(deployment.id);
    expect(running).toMatchObject({ status: "running", activeRollout: null });
    expect(running.split).toEqual([
      { revision: 1, version: "1.0.0", role: "stable", weight: 100, instances: { desired: 2, ready: 2 } },
    ]);
    expect(running.endpoints.internal).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test("can be read by name where that is clear, and says which environments have it where it is not", async () => {
    const { id } = await api.serve("twin");
    expect(await api.deployment("twin")).toMatchObject({ id });
    await api.serve("twin", { environment: "staging", route: { path: "/twin-staging" } });
    expect(await api.ask("GET", "/v1/deployments/twin")).toMatchObject({
      status: 400,
      body: {
        code: "invalid_argument",
        detail: expect.stringContaining("development, staging"),
        errors: [{ field: "query.environment", allowed: "one of development, staging" }],
      },
    });
    expect(await api.ask("GET", "/v1/deployments/twin?environment=development")).toMatchObject({ body: { id } });
  });

  // edge case 44
  test("on a taken route is refused with the owner's name, and nothing is left of it", async () => {
    await api.serve("owner", { route: { path: "/taken" } });
    const answer = await api.ask("POST", "/v1/deployments", {
      body: {
        name: "thief",
        artifact: "greeter",
        version: "1.0.0",
        environment: "staging",
        route: { path: "/taken/" },
      },
    });
    expect(answer).toMatchObject({
      status: 409,
      headers: { "content-type": "application/problem+json" },
      body: { code: "already_exists", detail: expect.stringContaining("deployment owner in development") },
    });
    expect(await api.ask("GET", "/v1/deployments/thief")).toMatchObject({ status: 404 });
    const { rows } = await api.database.pool.query(
      "select id from rollouts where state->>'environment' = 'staging' and deployment_id not in (select id from deployments)",
    );
    expect(rows).toEqual([]);
  });

  test("on the same path with another condition is another route", async () => {
    await api.serve("plain", { route: { path: "/shared" } });
    await api.serve("beta", { route: { path: "/shared", headers: { "X-Beta": "1" } } });
    expect((await api.deployment("beta")).route).toMatchObject({ headers: { "x-beta": "1" } });
  });
});

describe("changing a deployment", () => {
  test("to another version is a new revision and a rollout; the view shows both sides until it ends", async () => {
    const { id } = await api.serve("update");
    const rollout = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    expect(rollout).toMatchObject({ fromRevision: 1, toRevision: 2, fromVersion: "1.0.0", toVersion: "1.1.0" });
    const waiting = await api.until(rollout.id, ({ step, weight }) => step === 1 && weight === 5);
    expect(waiting).toMatchObject({ phase: "shifting", estimatedCompletion: null, outcome: null });
    expect(waiting.allowedCommands).toEqual(expect.arrayContaining(["approve", "pause", "promote", "rollback"]));
    const updating = await api.deployment(id);
    expect(updating).toMatchObject({ status: "updating", version: "1.0.0", revision: 1, activeRollout: rollout.id });
    expect(updating.split.map(({ revision, role, weight }) => [revision, role, weight])).toEqual([
      [1, "stable", 95],
      [2, "candidate", 5],
    ]);
    await api.ask("POST", `/v1/rollouts/${rollout.id}/promote`);
    await api.ended(rollout.id);
    expect(await api.deployment(id)).toMatchObject({ status: "running", version: "1.1.0", revision: 2 });
  });

  // edge case 5
  test("into what it is already is 200 and begins no rollout", async () => {
    const { id } = await api.serve("same", { config: { env: { A: "1" } } });
    const before = await api.ask("GET", `/v1/rollouts?deployment=${id}`);
    for (const body of [{}, { version: "1.0.0" }, { config: { env: { A: "1" } } }, { config: {} }]) {
      expect(await api.patch(id, body)).toMatchObject({ status: 200, body: { rollout: null, deployment: { id } } });
    }
    expect((await api.ask("GET", `/v1/rollouts?deployment=${id}`)).body).toEqual(before.body);
  });

  test("merges the configuration as RFC 7396 has it, and null removes", async () => {
    const { id } = await api.serve("merge", { config: { env: { KEEP: "1", DROP: "1" }, stopSeconds: 5 } });
    const rollout = await api.rollOut(id, { config: { env: { DROP: null, ADD: "2" } } });
    await api.ended(rollout.id);
    expect((await api.deployment(id)).config).toMatchObject({ env: { KEEP: "1", ADD: "2" }, stopSeconds: 5 });
    const { body } = await api.ask("GET", `/v1/deployments/${id}/revisions/1/diff/2`);
    expect(body).toEqual({
      from: 1,
      to: 2,
      changes: [
        { path: "/config/env/DROP", change: "removed", from: "1" },
        { path: "/config/env/ADD", change: "added", to: "2" },
      ],
    });
  });

  // edge case 14
  test("of version and replicas together delivers both; of replicas alone needs no rollout", async () => {
    const { id } = await api.serve("both");
    const rollout = await api.rollOut(id, { version: "1.1.0", config: { replicas: 3 } });
    await api.ended(rollout.id);
    expect(await api.deployment(id)).toMatchObject({ version: "1.1.0", replicas: 3, config: { replicas: 3 } });
    expect(await api.patch(id, { config: { replicas: 2 } })).toMatchObject({
      status: 200,
      body: { rollout: null, deployment: { replicas: 2, revision: 2 } },
    });
  });

  // edge cases 1, 2
  test("in the middle of a canary supersedes it, and starts from what is stable", async () => {
    const { id } = await api.serve("third");
    const second = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    await api.until(second.id, ({ weight }) => weight === 5);
    const third = await api.rollOut(id, { version: "1.2.0" });
    expect(third).toMatchObject({ fromRevision: 1, toRevision: 3 });
    expect(await api.ended(second.id)).toMatchObject({ phase: "superseded" });
    expect(await api.ended(third.id)).toMatchObject({ phase: "completed", fromVersion: "1.0.0" });
  });

  // edge case 3
  test("back to the stable content in the middle of a canary takes its revision again, without steps", async () => {
    const { id } = await api.serve("return");
    const canary = await api.rollOut(id, { version: "1.1.0", config: { env: { A: "1" } }, strategy: WAITING_CANARY });
    await api.until(canary.id, ({ weight }) => weight === 5);
    const back = await api.rollOut(id, { version: "1.0.0", config: { env: null }, strategy: WAITING_CANARY });
    expect(back).toMatchObject({ toRevision: 1, fromRevision: 1 });
    expect(back.steps.map((step) => step.type)).toEqual(["switch"]);
    await api.ended(canary.id);
    expect(await api.ended(back.id)).toMatchObject({ phase: "completed" });
    expect(await api.deployment(id)).toMatchObject({ revision: 1, version: "1.0.0" });
  });

  // edge case 4
  test("back to the revision before it, while that is warm, needs no canary", async () => {
    const { id } = await api.serve("window");
    const there = await api.rollOut(id, { version: "1.1.0" });
    await api.ended(there.id);
    const back = await api.rollOut(id, { version: "1.0.0", strategy: WAITING_CANARY });
    expect(back.toRevision).toBe(1);
    expect(back.steps.map((step) => step.type)).toEqual(["switch"]);
    expect(await api.ended(back.id)).toMatchObject({ phase: "completed" });
  });

  // edge case 4
  test("back to a revision that was taken back gets a full trial, however warm it is", async () => {
    const { id } = await api.serve("distrust");
    const there = await api.rollOut(id, { version: "1.1.0" });
    await api.ended(there.id);
    const { body } = await api.ask("POST", `/v1/rollouts/${there.id}/rollback`, { body: { comment: "wrong" } });
    await api.ended((body as { id: string }).id);
    const again = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    expect(again.toRevision).toBe(2);
    expect(again.steps.map((step) => step.type)).toEqual(["setWeight", "wait", "setWeight"]);
  });

  // edge case 7
  test("after a rollback starts fresh from stable, without the configuration that was taken back", async () => {
    const { id } = await api.serve("fresh");
    const bad = await api.rollOut(id, { version: "1.1.0", config: { env: { BAD: "1" } }, strategy: WAITING_CANARY });
    await api.until(bad.id, ({ weight }) => weight === 5);
    await api.ask("POST", `/v1/rollouts/${bad.id}/rollback`, { body: { comment: "slow" } });
    // edge case 43
    const next = await api.rollOut(id, { version: "1.2.0" });
    expect(next).toMatchObject({ fromRevision: 1, toRevision: 3 });
    expect(await api.ended(bad.id)).toMatchObject({ phase: "rolled_back", reason: expect.stringContaining("slow") });
    await api.ended(next.id);
    expect((await api.deployment(id)).config.env).toEqual({});
  });

  // edge case 13
  test("from one broken version to another and to a good one always goes on with the newest", async () => {
    const { id } = await api.serve("broken");
    api.runtime.breaks((workload) => workload.deployment === id && workload.env.VERSION === "1.1.0");
    const bad = await api.rollOut(id, { version: "1.1.0" });
    const worse = await api.rollOut(id, { config: { env: { WORSE: "1" } } });
    const good = await api.rollOut(id, { version: "1.2.0", config: { env: { WORSE: null } } });
    expect([bad.toRevision, worse.toRevision, good.toRevision]).toEqual([2, 3, 4]);
    expect(await api.ended(good.id)).toMatchObject({ phase: "completed", fromRevision: 1 });
    for (const { id } of [bad, worse]) expect((await api.ended(id)).phase).not.toBe("completed");
    api.runtime.breaks(() => false);
  });

  test("with onConflict reject meets the rollout under way and changes nothing; with queue it waits behind it", async () => {
    const { id } = await api.serve("conflict");
    const canary = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    await api.until(canary.id, ({ weight }) => weight === 5);
    const refused = await api.patch(id, { version: "1.2.0", strategy: { type: "immediate", onConflict: "reject" } });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: "failed_precondition",
        detail: expect.stringContaining(`rollout ${canary.id} is in phase shifting`),
      },
    });
    expect((await api.ask("GET", `/v1/deployments/${id}/revisions`)).body).toMatchObject({
      items: [
        { revision: 2, role: "candidate" },
        { revision: 1, role: "stable" },
      ],
    });
    const queued = await api.rollOut(id, { version: "1.2.0", strategy: { type: "immediate", onConflict: "queue" } });
    expect(await api.rollout(canary.id)).toMatchObject({ phase: "shifting" });
    await api.ask("POST", `/v1/rollouts/${canary.id}/promote`);
    expect(await api.ended(queued.id)).toMatchObject({ phase: "completed", fromRevision: 2, toRevision: 3 });
  });
});
