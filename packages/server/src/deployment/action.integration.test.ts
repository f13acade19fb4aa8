import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RolloutView } from "../rollout/rollout.schema.ts";
import type { DeploymentView } from "./deployment.schema.ts";
import { type Delivery, startDelivery, WAITING_CANARY } from "./testing/delivery.fixture.ts";

let api: Delivery;
beforeAll(async () => {
  api = await startDelivery();
});
afterAll(() => api.close());

const act = (id: string, action: string, body?: object) =>
  api.ask("POST", `/v1/deployments/${id}/${action}`, body === undefined ? {} : { body });
const rollback = async (id: string, body: object): Promise<RolloutView> => {
  const answer = await act(id, "rollback", body);
  expect(answer.status).toBe(202);
  return answer.body as RolloutView;
};
const eventually = async (check: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 60_000; !(await check()); ) {
    if (Date.now() > deadline) throw new Error("not in time");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe("rolling a deployment back", () => {
  test("returns to the revision promoted before, marks the delivery, and cannot go further than the first", async () => {
    const { id } = await api.serve("undo");
    const delivery = await api.rollOut(id, { version: "1.1.0" });
    await api.ended(delivery.id);
    const reverse = await rollback(id, { reason: "checkout is slow" });
    expect(reverse).toMatchObject({ rollbackOf: delivery.id, fromRevision: 2, toRevision: 1, toVersion: "1.0.0" });
    expect(await api.deployment(id)).toMatchObject({ status: expect.stringMatching(/rolling_back|running/) });
    expect(await api.ended(reverse.id)).toMatchObject({ phase: "completed" });
    expect(await api.rollout(delivery.id)).toMatchObject({
      phase: "rolled_back",
      reason: "rolled back by local: checkout is slow",
    });
    expect(await api.deployment(id)).toMatchObject({ revision: 1, version: "1.0.0", status: "running" });
    expect(await act(id, "rollback", {})).toMatchObject({
      status: 409,
      body: { code: "failed_precondition", detail: expect.stringContaining("no earlier promoted revision") },
    });
  });

  // edge case 48
  test("turns a rollout back that is under way, whatever it waits for", async () => {
    const { id } = await api.serve("turn");
    const canary = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    await api.until(canary.id, ({ weight }) => weight === 5);
    expect(await rollback(id, { reason: "no" })).toMatchObject({ id: canary.id, phase: "rolling_back" });
    expect(await api.ended(canary.id)).toMatchObject({
      phase: "rolled_back",
      weight: 0,
      reason: "rolled back by local: no",
    });
  });

  // edge case 43
  test("by scope takes back the version alone, the configuration alone, or components", async () => {
    const { id } = await api.serve("scope", { config: { env: { KEY: "a" }, replicas: 2 } });
    await api.ended((await api.rollOut(id, { version: "1.1.0", config: { env: { KEY: "b" } } })).id);
    const after = async (body: object): Promise<DeploymentView> => {
      expect(await api.ended((await rollback(id, body)).id)).toMatchObject({ phase: "completed" });
      return api.deployment(id);
    };
    expect(await after({ toRevision: 1, scope: "config" })).toMatchObject({
      ...{ version: "1.1.0", revision: 3, config: { env: { KEY: "a" } }, replicas: 2 },
    });
    expect(await after({ toRevision: 2, scope: "all" })).toMatchObject({
      version: "1.1.0",
      revision: 2,
      config: { env: { KEY: "b" } },
    });
    expect(await after({ toRevision: 1, scope: "version" })).toMatchObject({
      version: "1.0.0",
      config: { env: { KEY: "b" } },
    });
    expect(await after({ toRevision: 2, scope: { components: ["ranker"] } })).toMatchObject({
      version: "1.0.0",
      config: { components: { ranker: "k-1.1.0" } },
    });
  });

  test("to nowhere is refused: an unknown revision, an unknown component, what serves already", async () => {
    const { id, name } = await api.serve("nowhere");
    expect(await act(id, "rollback", { toRevision: 7 })).toMatchObject({
      status: 404,
      body: { detail: `deployment ${name} has no revision 7; its revisions are 1 to 1` },
    });
    expect(await act(id, "rollback", { toRevision: 1, scope: { components: ["ghost"] } })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "scope.components[0]", found: "ghost", allowed: "ranker, retriever" }] },
    });
    expect(await act(id, "rollback", { toRevision: 1 })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("nothing to take back") },
    });
  });
});

describe("scaling", () => {
  // edge case 15
  test("in the middle of a paused canary changes the instances and not the step", async () => {
    const { id } = await api.serve("scale", { config: { replicas: 2 } });
    const canary = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    await api.until(canary.id, ({ weight, step }) => weight === 5 && step === 1);
    await api.ask("POST", `/v1/rollouts/${canary.id}/pause`);
    expect(await act(id, "scale", { replicas: 4 })).toMatchObject({ status: 202, body: { replicas: 4, revision: 1 } });
    await eventually(async () => {
      const [stable] = (await api.deployment(id)).split;
      return stable?.instances.ready === 4;
    });
    expect(await api.rollout(canary.id)).toMatchObject({ paused: true, step: 1, weight: 5 });
    expect((await api.ask("GET", `/v1/deployments/${id}/revisions`)).body).toMatchObject({ items: [{}, {}] });
  });

  test("stays within config.scaling and never asks for nothing", async () => {
    const { id } = await api.serve("bounds", { config: { scaling: { min: 2, max: 3 } } });
    expect(await api.deployment(id)).toMatchObject({ replicas: 2 });
    expect(await act(id, "scale", { replicas: 4 })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "replicas", found: 4, allowed: "2 to 3, as config.scaling says" }] },
    });
    expect(await act(id, "scale", { replicas: 0 })).toMatchObject({ status: 400 });
  });
});

describe("stopping and starting", () => {
  test("takes the instances away and brings them back; meanwhile nothing can be rolled out", async () => {
    const { id } = await api.serve("stop");
    expect(await act(id, "stop")).toMatchObject({ status: 202, body: { status: "stopped" } });
    await eventually(async () => (await api.deployment(id)).split.every((entry) => entry.instances.ready === 0));
    expect(await api.patch(id, { version: "1.1.0" })).toMatchObject({
      status: 409,
      body: { code: "failed_precondition", detail: "deployment stop is stopped; start it first" },
    });
    expect(await act(id, "start")).toMatchObject({ status: 202, body: { status: "running" } });
    await eventually(async () => (await api.deployment(id)).split.some((entry) => entry.instances.ready === 1));
  });

  test("is refused while a rollout is under way, naming it", async () => {
    const { id } = await api.serve("busy");
    const canary = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    expect(await act(id, "stop")).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(`rollout ${canary.id} is in phase`) },
    });
  });

  test("restart asks the runtime for fresh instances of every revision that has some", async () => {
    const { id } = await api.serve("again");
    const before = api.runtime.orders.filter((order) => order.startsWith("restart")).length;
    expect(await act(id, "restart")).toMatchObject({ status: 202, body: { id } });
    expect(api.runtime.orders.filter((order) => order.startsWith("restart"))).toHaveLength(before + 1);
  });
});

describe("promoting to another environment", () => {
  test("creates the deployment there, patches it the next time, and is 200 when nothing changes", async () => {
    const { id } = await api.serve("travel", { config: { env: { A: "1" } } });
    const first = await act(id, "promote", { environment: "staging", route: { path: "/travel-staging" } });
    expect(first).toMatchObject({
      status: 202,
      body: { deployment: { environment: "staging", name: "travel", version: "1.0.0", config: { env: { A: "1" } } } },
    });
    await api.ended((first.body as { rollout: RolloutView }).rollout.id);
    expect(await act(id, "promote", { environment: "staging" })).toMatchObject({
      status: 200,
      body: { rollout: null },
    });
    await api.ended((await api.rollOut(id, { version: "1.1.0" })).id);
    expect(await act(id, "promote", { environment: "staging" })).toMatchObject({
      status: 202,
      body: { rollout: { fromVersion: "1.0.0", toVersion: "1.1.0", environment: "staging" } },
    });
    expect(await act(id, "promote", { environment: "development" })).toMatchObject({ status: 409 });
    expect(await act(id, "promote", { environment: "moon" })).toMatchObject({ status: 404 });
  });
});

describe("deleting", () => {
  test("goes on after the answer and ends in not found; the name and the route are free again", async () => {
    const { id } = await api.serve("gone");
    const answer = await api.ask("DELETE", `/v1/deployments/${id}`);
    expect(answer).toMatchObject({ status: 202, body: { status: "deleting" } });
    await eventually(async () => (await api.ask("GET", `/v1/deployments/${id}`)).status === 404);
    await api.serve("gone");
  });

  test("ends the rollouts under way at once, those that wait for a person or for another one included", async () => {
    const { id } = await api.serve("gone-midway");
    const canary = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    await api.until(canary.id, ({ weight, step }) => weight === 5 && step === 1);
    const queued = await api.rollOut(id, {
      version: "1.0.0",
      config: { env: { A: "2" } },
      strategy: { type: "immediate", onConflict: "queue" },
    });
    expect((await api.ask("DELETE", `/v1/deployments/${id}`)).status).toBe(202);
    await eventually(async () => (await api.ask("GET", `/v1/deployments/${id}`)).status === 404);
    const { body } = await api.ask("GET", "/v1/audit?limit=200");
    const entries = (body as { items: { action: string; subject: string; detail: unknown }[] }).items;
    expect(entries.find((entry) => entry.subject === id && entry.action === "deployment.delete")?.detail).toMatchObject(
      {
        rollouts: [canary.id, queued.id],
      },
    );
  });

  test("comes after the engine when both change a rollout at once, and is not refused for it", async () => {
    const { id } = await api.serve("gone-in-a-race");
    const canary = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    await api.until(canary.id, ({ weight, step }) => weight === 5 && step === 1);
    const { deleted } = await api.database.db.transaction().execute(async (tx) => {
      const { row_version: before } = await tx
        .selectFrom("rollouts")
        .select("row_version")
        .where("id", "=", canary.id)
        .forUpdate()
        .executeTakeFirstOrThrow();
      await tx
        .updateTable("rollouts")
        .set({ row_version: before + 1 })
        .where("id", "=", canary.id)
        .execute();
      const deleted = api.ask("DELETE", `/v1/deployments/${id}`);
      await eventually(async () => {
        const waiting = await sql`select 1 from pg_locks where not granted`.execute(api.database.db);
        return waiting.rows.length > 0;
      });
      return { deleted };
    });
    expect(await deleted).toMatchObject({ status: 202, body: { status: "deleting" } });
    expect(await api.rollout(canary.id)).toMatchObject({ phase: "cancelled" });
  });
});
