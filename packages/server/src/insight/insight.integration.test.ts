import { createRollout, type Rollout, strategySchema, toIso } from "@sluice/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appendEvents } from "../event/event.store.ts";
import { insertRollout } from "../rollout/rollout.store.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import type { InsightsView, OverviewView } from "./insight.schema.ts";

const HOUR = 3_600_000;
const NOW = Date.now();

let api: TestApp;
let deployment: string;
let first: string;
beforeAll(async () => {
  api = await testApp();
  for (const name of ["greeter", "writer"]) {
    await api.ask("POST", "/v1/artifacts", { body: { name, kind: "application" } });
    for (const version of ["1.0.0", "1.1.0"]) {
      const body = { version, spec: { command: ["node"], env: { VERSION: version } } };
      await api.ask("POST", `/v1/artifacts/${name}/versions`, { body });
    }
  }
  const made = async (artifact: string, environment: string) => {
    const body = { name: artifact, artifact, environment, version: "1.0.0" };
    const answer = await api.ask("POST", "/v1/deployments", { body });
    return answer.body as { deployment: { id: string }; rollout: { id: string } };
  };
  const production = await made("greeter", "production");
  deployment = production.deployment.id;
  first = production.rollout.id;
  await made("greeter", "staging");
  await made("writer", "staging");
});
afterAll(() => api.close());

const ask = async <Body>(url: string): Promise<Body> => {
  const { status, body, text } = await api.ask("GET", url);
  if (status !== 200) throw new Error(text);
  return body as Body;
};

/** A rollout of the greeter in production that has ended, as the engine leaves it behind. */
async function leave(id: string, more: Partial<Rollout>, finishedAt: number): Promise<void> {
  const { rollout } = createRollout(
    {
      ...{ id, project: "default", deployment, artifact: "greeter", environment: "production" },
      from: { revision: 1, version: "1.0.0" },
      to: { revision: 2, version: "1.1.0" },
      strategy: strategySchema.parse({ type: "canary", steps: [{ setWeight: 10 }] }),
      ...{ requiredApprovals: 0, fourEyes: false, triggeredBy: "ada" },
    },
    finishedAt - HOUR,
  );
  const steps = rollout.steps.map((step) => ({ ...step, startedAt: finishedAt - HOUR / 2 }));
  await insertRollout(api.database.db, { ...rollout, steps, ...more, finishedAt });
}

const phaseEvent = (rollout: string, to: string, at: number) => ({
  ...{ project: "default", deployment, rollout, type: "rollout.phase.changed", message: to, alert: false },
  ...{ data: { to }, at: new Date(at) },
});

test("the overview has environments by tier, artifacts by name, and what moves", async () => {
  const overview = await ask<OverviewView>("/v1/overview");
  expect(overview.environments.map(({ name }) => name)).toEqual(["development", "staging", "production"]);
  expect(overview.artifacts).toEqual([
    { name: "greeter", kind: "application" },
    { name: "writer", kind: "application" },
  ]);
  expect(overview.deployments.map(({ artifact, environment }) => [artifact, environment])).toEqual([
    ["greeter", "production"],
    ["greeter", "staging"],
    ["writer", "staging"],
  ]);
  expect(overview.deployments[0]).toMatchObject({
    ...{ id: deployment, version: null, status: "deploying" },
    rollout: { id: first, phase: "queued", paused: false, weight: 0, toVersion: "1.0.0" },
  });
  expect(overview.complete).toBe(true);
});

test("once it serves, its version is what serves and nothing moves", async () => {
  const { pool } = api.database;
  await pool.query("update deployments set stable_revision = 1 where id = $1", [deployment]);
  await pool.query("update rollouts set active = false, phase = 'completed' where id = $1", [first]);
  const [greeter] = (await ask<OverviewView>("/v1/overview")).deployments;
  expect(greeter).toMatchObject({ version: "1.0.0", status: "running", rollout: null });
});

test("the measures are those of production: one delivered, one turned back, one rolled back later", async () => {
  await leave("rol_good", { phase: "completed" }, NOW - HOUR);
  await leave("rol_bad", { phase: "rolled_back" }, NOW - 2 * HOUR);
  await leave("rol_late", { phase: "rolled_back" }, NOW - 3 * HOUR);
  await leave("rol_reverse", { phase: "completed", rollbackOf: "rol_late" }, NOW - 3 * HOUR + 8_000);
  await leave("rol_gate", { phase: "gates_failed", steps: [] }, NOW - 4 * HOUR);
  await leave("rol_member", { phase: "failed", partOf: "rol_good" }, NOW - HOUR);
  await api.database.pool.query("update rollouts set created_at = $1 where id = 'rol_reverse'", [
    toIso(NOW - 3 * HOUR),
  ]);
  await appendEvents(api.database.db, [
    phaseEvent("rol_bad", "rolling_back", NOW - 2 * HOUR - 4_000),
    phaseEvent("rol_late", "completed", NOW - 5 * HOUR),
  ]);
  const insights = await ask<InsightsView>("/v1/insights?days=7");
  expect(insights.rollouts).toHaveLength(7);
  const total = (outcome: "completed" | "rolledBack" | "failed") =>
    insights.rollouts.reduce((sum, day) => sum + day[outcome], 0);
  expect([total("completed"), total("rolledBack"), total("failed")]).toEqual([2, 2, 1]);
  expect(insights.deploymentFrequency).toMatchObject({ completed: 2, perDay: 2 / 7 });
  expect(insights.changeFailureRate).toMatchObject({ changes: 3, failures: 2, rate: 2 / 3 });
  expect(insights.timeToRestore).toMatchObject({ restored: 2, medianSeconds: 6 });
  expect(insights.leadTime.versions).toBeGreaterThan(0);
});

test("a project where nothing happened is measured by null, and not by zero", async () => {
  await api.ask("POST", "/v1/projects", { body: { name: "quiet" } });
  const insights = await ask<InsightsView>("/v1/insights?project=quiet");
  expect(insights).toMatchObject({
    deploymentFrequency: { perDay: 0, completed: 0 },
    leadTime: { medianSeconds: null },
    changeFailureRate: { rate: null },
    timeToRestore: { medianSeconds: null },
  });
  await api.ask("DELETE", "/v1/environments/production?project=quiet");
  const { deploymentFrequency } = await ask<InsightsView>("/v1/insights?project=quiet");
  expect(deploymentFrequency.perDay).toBeNull();
  expect(await ask<OverviewView>("/v1/overview?project=quiet")).toMatchObject({ artifacts: [], deployments: [] });
});

test("a token of one environment sees that column alone", async () => {
  const principal = { name: "eve", role: "viewer" as const, project: "default", environment: "staging" };
  const { environments, deployments } = await api.services.insights.overview(principal);
  expect(environments.map(({ name }) => name)).toEqual(["staging"]);
  expect(new Set(deployments.map(({ environment }) => environment))).toEqual(new Set(["staging"]));
});

test.each([
  ["/v1/insights?days=8", "days"],
  ["/v1/insights?timezone=Mars/Olympus", "timezone"],
  ["/v1/overview?project=../x", "project"],
])("%s is refused by the name of what is wrong", async (url, field) => {
  const { status, text } = await api.ask("GET", url);
  expect(status).toBe(400);
  expect(text).toContain(field);
});

test("a project that does not exist is not found", async () => {
  expect((await api.ask("GET", "/v1/overview?project=nowhere")).status).toBe(404);
  expect((await api.ask("GET", "/v1/insights?project=nowhere")).status).toBe(404);
});
