import type { Rollout, RouteObservation, StrategyInput } from "@sluice/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertArtifact, insertDelivery, insertDeployment } from "../engine/testing/delivery.ts";
import { findRollout } from "../rollout/rollout.store.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { goalReport } from "./goal.report.ts";

let api: TestApp;
let artifactId: string;
beforeAll(async () => {
  api = await testApp();
  artifactId = await insertArtifact(api.database.db);
});
afterAll(() => api.close());

const AB: StrategyInput = { type: "ab", goal: "signup", percentage: 50, analysis: { falseRollbackRate: 0.05 } };

/** A deployment whose revision 1 serves, and a rollout of revision 2 in the middle of its A/B test. */
async function testing(name: string, strategy = AB): Promise<{ id: string; rollout: Rollout; versions: string[] }> {
  const { db } = api.database;
  const id = await insertDeployment(db, artifactId, name);
  const first = await insertDelivery(db, {
    artifactId,
    deployment: id,
    version: "1.0.0",
    strategy: { type: "immediate" },
  });
  await db.updateTable("rollouts").set({ active: false }).where("id", "=", first).execute();
  await db.updateTable("deployments").set({ stable_revision: 1 }).where("id", "=", id).execute();
  const second = await insertDelivery(db, { artifactId, deployment: id, version: "1.1.0", strategy });
  const stored = await findRollout(db, second);
  if (stored === null) throw new Error("no rollout");
  const steps = stored.rollout.steps.map((step, index) => (index === 0 ? { ...step, status: "done" as const } : step));
  const rows = await db
    .selectFrom("versions")
    .select("version")
    .where("artifact_id", "=", artifactId)
    .orderBy("id")
    .execute();
  const versions = rows.slice(-2).map((row) => row.version);
  return { id, rollout: { ...stored.rollout, phase: "shifting", step: 1, steps }, versions };
}

const observed = (stable: number, candidate: number, weight = 5_000): RouteObservation => ({
  id: "dep",
  epoch: 1,
  split: [
    { revision: 1, weight: 10_000 - weight },
    { revision: 2, weight },
  ],
  usable: [],
  stats: [stable, candidate].map((requests, index) => ({
    revision: index + 1,
    requests,
    status: { "1xx": 0, "2xx": requests, "3xx": 0, "4xx": 0, "5xx": 0, failed: 0 },
    errors: 0,
    aborted: 0,
    bytesIn: 0,
    bytesOut: 0,
    inFlight: 0,
    latency: [],
  })),
  guard: null,
});

const report = (id: string, body: object) => api.ask("POST", `/v1/deployments/${id}/goals`, { body });
const reportAll = (id: string, events: object[]) =>
  api.ask("POST", `/v1/deployments/${id}/goals/batch`, { body: { events } });
const look = (rollout: Rollout, observation: RouteObservation | null) =>
  goalReport(api.database.db, rollout, observation, Date.now());

describe("reports of goals", () => {
  test("are counted by revision, or by the version that tells it", async () => {
    const { id, versions } = await testing("count");
    expect(await report(id, { goal: "signup", revision: 2 })).toMatchObject({
      status: 202,
      body: { recorded: 1, duplicates: 0, ignored: 0 },
    });
    await report(id, { goal: "signup", version: versions[1], count: 4 });
    await report(id, { goal: "buy", revision: 1 });
    expect((await api.ask("GET", `/v1/deployments/${id}/goals`)).body).toEqual({
      items: [
        { goal: "buy", revision: 1, version: versions[0], count: 1 },
        { goal: "signup", revision: 2, version: versions[1], count: 5 },
      ],
      nextCursor: null,
    });
  });

  test("with a key are counted once, in one batch or in many at the same time", async () => {
    const { id } = await testing("keys");
    const events = ["b", "a", "b"].map((key) => ({ goal: "signup", revision: 2, key }));
    const answers = await Promise.all([
      reportAll(id, events),
      reportAll(id, [...events].reverse()),
      reportAll(id, events),
    ]);
    const receipts = answers.map(({ body }) => body as { recorded: number; duplicates: number });
    expect(receipts.reduce((sum, { recorded }) => sum + recorded, 0)).toBe(2);
    expect(receipts.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(7);
    expect((await api.ask("GET", `/v1/deployments/${id}/goals`)).body).toMatchObject({ items: [{ count: 2 }] });
  });

  test.each([
    [{ goal: "signup", revision: 9 }, "revision is 9; allowed: a revision of this deployment"],
    [{ goal: "signup", version: "7.0.0" }, "version that this deployment has run"],
    [{ goal: "signup" }, "the number of a revision, or `version` instead, and not both"],
    [{ goal: "signup", revision: 1, version: "1.0.0" }, "and not both"],
    [{ goal: "", revision: 1 }, "goal is"],
    [{ goal: "signup", revision: 1, count: 0 }, "count is 0; allowed: at least 1"],
    [{ goal: "signup", revision: 1, at: "2001-01-01T00:00:00Z" }, "within the last seven days"],
    [{ goal: "signup", revision: 1, arm: "b" }, "allowed: one of goal, revision, version, count, key, at"],
  ])("that make no sense are refused with the field and what is allowed: %j", async (body, detail) => {
    const { id } = await api.database.db
      .selectFrom("deployments")
      .select("id")
      .where("name", "=", "count")
      .executeTakeFirstOrThrow();
    expect(await report(id, body)).toMatchObject({ status: 400, body: { detail: expect.stringContaining(detail) } });
  });

  test("are refused as a whole when one of them is wrong, and named by its place", async () => {
    const { id } = await testing("whole");
    const answer = await reportAll(id, [
      { goal: "signup", revision: 2, key: "a" },
      { goal: "signup", revision: 3 },
    ]);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "events[1].revision" }] } });
    expect((await api.ask("GET", `/v1/deployments/${id}/goals`)).body).toMatchObject({ items: [] });
    expect(await reportAll(id, [])).toMatchObject({ status: 400 });
    expect(await reportAll(id, Array(1_001).fill({ goal: "signup", revision: 2 }))).toMatchObject({ status: 400 });
  });

  test("are of at most a hundred goals for one deployment", async () => {
    const { id } = await testing("many");
    await reportAll(
      id,
      Array.from({ length: 100 }, (_, index) => ({ goal: `goal ${index}`, revision: 2 })),
    );
    expect(await report(id, { goal: "one more", revision: 2 })).toMatchObject({
      status: 429,
      body: { code: "resource_exhausted", detail: expect.stringContaining("one more is one too many") },
    });
    expect(await report(id, { goal: "goal 7", revision: 2 })).toMatchObject({ status: 202 });
  });
});

describe("an A/B test's goal", () => {
  test("counts from where the test began, and names the winner once, as an event", async () => {
    const { id, rollout } = await testing("winner");
    await report(id, { goal: "signup", revision: 1, count: 500 });
    expect(await look(rollout, observed(9_000, 0))).toMatchObject({
      goal: "signup",
      stable: { exposures: 0, goals: 0 },
      winner: null,
    });
    await report(id, { goal: "signup", revision: 1, count: 10 });
    await report(id, { goal: "signup", revision: 2, count: 90 });
    const won = await look(rollout, observed(9_400, 400));
    expect(won).toMatchObject({
      stable: { exposures: 400, goals: 10 },
      candidate: { exposures: 400, goals: 90 },
      winner: "candidate",
      message: expect.stringContaining(
        "90 goals in 400 requests (22.5 %) on revision 2 against 10 goals in 400 requests",
      ),
    });
    expect(await look(rollout, observed(9_500, 500))).toMatchObject({ winner: "candidate" });
    const events = await api.database.db
      .selectFrom("events")
      .select("message")
      .where("type", "=", "rollout.goal.decided")
      .execute();
    expect(events).toEqual([{ message: won?.message }]);
  });

  test("counts both arms anew when one of them tells that the gateway began anew, and remembers that it did", async () => {
    const { rollout } = await testing("anew");
    await look(rollout, observed(0, 0));
    await look(rollout, observed(200, 20));
    // Too few for another batch: what is known of the gateway is kept all the same.
    expect(await look(rollout, observed(3, 2))).toMatchObject({
      stable: { exposures: 203 },
      candidate: { exposures: 22 },
    });
    expect(await look(rollout, observed(230, 210))).toMatchObject({
      stable: { exposures: 430 },
      candidate: { exposures: 230 },
    });
    expect(await look(rollout, observed(30, 215))).toMatchObject({
      stable: { exposures: 460 },
      candidate: { exposures: 445 },
    });
  });

  test("goes on when the gateway began anew, and rests when the test is over", async () => {
    const { id, rollout } = await testing("restart");
    await look(rollout, observed(0, 0));
    await report(id, { goal: "signup", revision: 2, count: 3 });
    await look(rollout, observed(100, 100));
    expect(await look(rollout, observed(40, 30))).toMatchObject({
      stable: { exposures: 140 },
      candidate: { exposures: 130, goals: 3 },
    });
    const after = { ...rollout, step: 2 };
    await report(id, { goal: "signup", revision: 2, count: 500 });
    expect(await look(after, observed(900, 900))).toMatchObject({ candidate: { exposures: 130, goals: 3 } });
    expect(await look(rollout, null)).toMatchObject({ candidate: { exposures: 130, goals: 3 } });
  });

  test("ignores what happened before it, and refuses a version that both arms have", async () => {
    const { id, rollout } = await testing("earlier");
    await look(rollout, observed(0, 0));
    const at = new Date(Date.now() - 3_600_000).toISOString();
    expect((await report(id, { goal: "signup", revision: 2, at })).body).toEqual({
      recorded: 0,
      duplicates: 0,
      ignored: 1,
    });
    const { db } = api.database;
    const { version_id: first } = await db
      .selectFrom("revisions")
      .select("version_id")
      .where("deployment_id", "=", id)
      .where("number", "=", 1)
      .executeTakeFirstOrThrow();
    await db.updateTable("revisions").set({ version_id: first }).where("deployment_id", "=", id).execute();
    const { version } = await db
      .selectFrom("versions")
      .select("version")
      .where("id", "=", first)
      .executeTakeFirstOrThrow();
    expect(await report(id, { goal: "signup", version })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("both revisions of the A/B test, 1 and 2, have this version") },
    });
  });

  test("is none for other rollouts, without a goal, and before the split is confirmed", async () => {
    const { rollout } = await testing("none");
    expect(await look({ ...rollout, phase: "preparing" }, observed(1, 1))).toBeNull();
    const without = { ...rollout, strategy: { ...rollout.strategy, goal: null } } as Rollout;
    expect(await look(without, observed(1, 1))).toBeNull();
  });
});
