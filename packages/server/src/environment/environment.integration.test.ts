import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BEGINNING, eventsAfter } from "../event/event.reader.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { FIRST_ENVIRONMENTS } from "./first-environments.ts";

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

test("the first start's environments are those that every new project begins with", async () => {
  const { body } = await api.ask("GET", "/v1/environments");
  expect(body).toEqual({
    nextCursor: null,
    items: ["development", "production", "staging"].map((name) => ({
      name,
      project: "default",
      ...FIRST_ENVIRONMENTS[name],
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    })),
  });
});

test("what a GET answers can be put back, and changes nothing", async () => {
  const { body: before } = await api.ask("GET", "/v1/environments/staging");
  const put = await api.ask("PUT", "/v1/environments/staging", { body: before });
  expect(put).toMatchObject({ status: 200, body: before });
  const { body: audit } = await api.ask("GET", "/v1/audit?subject=staging");
  expect(audit).toMatchObject({ items: [] });
});

test("an environment is created with defaults, changed, and deleted, each with an audit entry", async () => {
  const created = await api.ask("PUT", "/v1/environments/qa", { body: { tier: "custom" } });
  expect(created).toMatchObject({
    status: 201,
    body: { name: "qa", validationLevel: "standard", protection: { requiredApprovals: 0 } },
  });
  const changed = await api.ask("PUT", "/v1/environments/qa", { body: { protection: { requiredApprovals: 2 } } });
  expect(changed).toMatchObject({ status: 200, body: { protection: { requiredApprovals: 2, fourEyes: true } } });
  expect(await api.ask("DELETE", "/v1/environments/qa")).toMatchObject({ status: 204, text: "" });
  expect(await api.ask("GET", "/v1/environments/qa")).toMatchObject({ status: 404, body: { code: "not_found" } });
  const { body } = await api.ask("GET", "/v1/audit?subject=qa");
  expect(body).toMatchObject({
    items: [
      { action: "environment.delete", actor: "local" },
      {
        action: "environment.update",
        detail: { changes: [{ path: "/protection/requiredApprovals", change: "changed", from: 0, to: 2 }] },
      },
      { action: "environment.create" },
    ],
  });
});

test("each change of an environment is told, and of another one only to tokens that reach it", async () => {
  const told = async (environment?: string): Promise<string[]> => {
    const filter = { project: "default", environment };
    const events = await eventsAfter(api.database.db, filter, BEGINNING, 200);
    return events.filter(({ data }) => data.environment === "told").map(({ type, message }) => `${type}: ${message}`);
  };
  const approvals = (requiredApprovals: number) => ({ body: { protection: { requiredApprovals } } });
  await api.ask("PUT", "/v1/environments/told", approvals(0));
  await api.ask("PUT", "/v1/environments/told", approvals(1));
  await api.ask("PUT", "/v1/environments/told", approvals(1));
  await api.ask("DELETE", "/v1/environments/told");
  const all = ["created", "updated", "deleted"].map(
    (done) => `environment.${done}: environment told was ${done} by local`,
  );
  // Transactions of other tests, on the same PostgreSQL, may hold them back for a moment.
  await expect.poll(() => told()).toEqual(all);
  expect(await told("told")).toEqual(all);
  expect(await told("staging")).toEqual([]);
});

test("a change of an environment wakes the rollouts under way in it, and the same again does not", async () => {
  const { db } = api.database;
  await api.ask("PUT", "/v1/environments/held", { body: {} });
  await api.ask("POST", "/v1/artifacts", { body: { name: "waiting", kind: "application" } });
  await api.ask("POST", "/v1/artifacts/waiting/versions", { body: { version: "1", spec: { command: ["true"] } } });
  const { body } = await api.ask("POST", "/v1/deployments", {
    body: { name: "waiting", artifact: "waiting", version: "1", environment: "held" },
  });
  expect(body).toMatchObject({ deployment: { id: expect.any(String) } });
  const wakesOf = async (spec: object): Promise<number> => {
    await sql`delete from graphile_worker._private_jobs`.execute(db);
    await api.ask("PUT", "/v1/environments/held", { body: spec });
    const { rows } = await sql`select 1 from graphile_worker.jobs where key like 'reconcile:%'`.execute(db);
    return rows.length;
  };
  const frozen = { protection: { freezeWindows: [{ schedule: "0 0 * * *", durationMinutes: 60 }] } };
  expect(await wakesOf(frozen)).toBe(1);
  expect(await wakesOf(frozen)).toBe(0);
});

test("an environment with deployments stays, and the refusal names them", async () => {
  await api.ask("POST", "/v1/artifacts", { body: { name: "kept", kind: "application" } });
  const { db } = api.database;
  const artifact = await db.selectFrom("artifacts").select("id").where("name", "=", "kept").executeTakeFirstOrThrow();
  await db
    .insertInto("deployments")
    .values({
      id: "dep_kept",
      project: "default",
      environment: "staging",
      name: "kept",
      artifact_id: artifact.id,
      stable_revision: null,
      replicas: 1,
      deployed_by: "test",
    })
    .execute();
  expect(await api.ask("DELETE", "/v1/environments/staging")).toMatchObject({
    status: 409,
    body: { code: "failed_precondition", detail: expect.stringContaining("kept") },
  });
});

test.each([
  [{ tier: "prod" }, "tier"],
  [{ protection: { requiredApprovals: -1 } }, "protection.requiredApprovals"],
  [
    { protection: { freezeWindows: [{ schedule: "0 25 * * *", durationMinutes: 5 }] } },
    "protection.freezeWindows[0].schedule",
  ],
  [{ protection: { requireSuccessIn: "nowhere" } }, "protection.requireSuccessIn"],
  [{ protection: { requireSuccessIn: "production" } }, "protection.requireSuccessIn"],
  [{ limits: { memoryMb: 1, cpuCores: 1, storageGb: 1, gpus: 1 } }, "limits.gpus"],
  [{ name: "staging" }, "name"],
])("%j is refused by the name of its field", async (body, field) => {
  const answer = await api.ask("PUT", "/v1/environments/production", { body });
  expect(answer).toMatchObject({
    status: 400,
    headers: { "content-type": "application/problem+json" },
    body: { code: "invalid_argument", errors: [{ field, allowed: expect.any(String) }] },
  });
});
