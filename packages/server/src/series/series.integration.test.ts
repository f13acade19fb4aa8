import { FULL_WEIGHT, LATENCY_BINS, type RevisionStats, type RouteObservation } from "@sluice/core";
import pino from "pino";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { LOCAL_ADMIN } from "../access/principal.ts";
import { insertArtifact, insertDelivery, insertDeployment } from "../engine/testing/delivery.ts";
import { findRollout } from "../rollout/rollout.store.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { startRecorder } from "./series.recorder.ts";

const LOGGER = pino({ level: "silent" });
const DAY = 86_400_000;

let api: TestApp;
let artifactId: string;
let count = 0;
const recorders = new Set<{ close(): Promise<void> }>();

beforeAll(async () => {
  api = await testApp();
  artifactId = await insertArtifact(api.database.db);
});
afterEach(async () => {
  await Promise.all([...recorders].map((recorder) => recorder.close()));
  recorders.clear();
});
afterAll(() => api.close());

/** A gateway whose counts a test writes, and a clock that it moves. */
function watched(deployment: string, server = "here") {
  let route: RouteObservation | null = null;
  let now = Date.now();
  let asked = 0;
  const recorder = startRecorder({
    db: api.database.db,
    server,
    route: (id) => {
      if (id !== deployment) return null;
      asked += 1;
      return route;
    },
    now: () => now,
    logger: LOGGER,
    everyMs: 100,
  });
  recorders.add(recorder);
  return {
    recorder,
    /** What the gateway says from now on; resolves when the recorder has seen it at this moment. */
    async says(next: RouteObservation | null, laterMs: number) {
      // What is under way has read the clock and the counts of before.
      await looks(2);
      now += laterMs;
      route = next;
      await looks(2);
    },
  };

  async function looks(more: number): Promise<void> {
    const from = asked;
    await expect.poll(() => asked).toBeGreaterThanOrEqual(from + more);
  }
}

const stats = (revision: number, requests: number, errors = 0): RevisionStats => ({
  ...{ revision, requests, errors, aborted: 0, bytesIn: 0, bytesOut: 0, inFlight: 0 },
  status: { "1xx": 0, "2xx": requests - errors, "3xx": 0, "4xx": 0, "5xx": errors, failed: 0 },
  latency: [[LATENCY_BINS.binOf(10), requests]],
});

const routeOf = (stable: number, candidate: number, errors = 0, weight = 1_000): RouteObservation => ({
  ...{ id: "dep", epoch: 1, usable: [], guard: null },
  split: [
    { revision: 1, weight: FULL_WEIGHT - weight },
    { revision: 2, weight },
  ],
  stats: [stats(1, stable), stats(2, candidate, errors)],
});

/** A rollout from revision 1 to 2 in the middle of its steps, as the engine would have brought it there. */
async function rolling(): Promise<{ id: string; deployment: string }> {
  const { db } = api.database;
  count += 1;
  const deployment = await insertDeployment(db, artifactId, `app-${count}`);
  const first = await insertDelivery(db, { artifactId, deployment, version: "1.0.0", strategy: { type: "immediate" } });
  await db.updateTable("rollouts").set({ active: false }).where("id", "=", first).execute();
  await db.updateTable("deployments").set({ stable_revision: 1 }).where("id", "=", deployment).execute();
  const id = await insertDelivery(db, { artifactId, deployment, version: "1.1.0", strategy: { type: "canary" } });
  const stored = await findRollout(db, id);
  if (stored === null) throw new Error("no rollout");
  const state = JSON.stringify({ ...stored.rollout, phase: "shifting" });
  await db.updateTable("rollouts").set({ phase: "shifting", state }).where("id", "=", id).execute();
  return { id, deployment };
}

interface Point {
  at: string;
  seconds: number;
  weight: number;
  stable: { requests: number; errors: number; latencyMs: { p50: number } | null };
  candidate: { requests: number; errors: number };
  evidence: { guard: number | null; judge: number | null };
}

async function pointsOf(id: string, query = ""): Promise<Point[]> {
  const { status, body } = await api.ask("GET", `/v1/rollouts/${id}/series${query}`);
  expect(status).toBe(200);
  return (body as { points: Point[] }).points;
}

test("what both revisions did between two looks is a point, and whoever was there asks for what is new alone", async () => {
  const { id, deployment } = await rolling();
  expect(await pointsOf(id)).toEqual([]);
  const gateway = watched(deployment);
  await gateway.says(routeOf(100, 0), 0);
  await gateway.says(routeOf(190, 10, 4), 2_000);
  await gateway.says({ ...routeOf(280, 30, 4, 3_000), guard: guardOf(Math.log(7)) }, 2_000);
  const points = await pointsOf(id);
  expect(points).toMatchObject([
    { seconds: 2, weight: 10, stable: { requests: 90, errors: 0 }, candidate: { requests: 10, errors: 4 } },
    { seconds: 2, weight: 30, stable: { requests: 90 }, candidate: { requests: 20, errors: 0 } },
  ]);
  expect(points[0]?.stable.latencyMs?.p50).toBeCloseTo(10, -1);
  expect(points.map(({ evidence }) => evidence.guard && Math.round(evidence.guard))).toEqual([null, 7]);
  expect(await pointsOf(id, `?after=${points[0]?.at}`)).toEqual(points.slice(1));
  expect(await pointsOf(id, `?after=${points[1]?.at}`)).toEqual([]);
  expect(await pointsOf(id, "?limit=1")).toEqual(points.slice(0, 1));
});

test("a gateway that began anew counts from nothing; one that is away leaves a gap and no invention", async () => {
  const { id, deployment } = await rolling();
  const gateway = watched(deployment);
  await gateway.says(routeOf(1_000, 100), 0);
  await gateway.says(routeOf(7, 3), 2_000);
  await gateway.says(null, 2_000);
  await gateway.says(null, 2_000);
  await gateway.says(routeOf(20, 5), 2_000);
  expect(await pointsOf(id)).toMatchObject([
    { seconds: 2, stable: { requests: 7 }, candidate: { requests: 3 } },
    { seconds: 6, stable: { requests: 13 }, candidate: { requests: 2 } },
  ]);
});

test("two servers that see one gateway write one course, and the second goes on when the first is gone", async () => {
  const { id, deployment } = await rolling();
  const [first, second] = [watched(deployment, "first"), watched(deployment, "second")];
  const both = (route: RouteObservation, laterMs: number) =>
    Promise.all([first, second].map((server) => server.says(route, laterMs)));
  await both(routeOf(100, 10), 0);
  await both(routeOf(200, 20), 2_000);
  await both(routeOf(300, 30), 2_000);
  expect((await pointsOf(id)).map(({ stable }) => stable.requests)).toEqual([100, 100]);
  await first.recorder.close();
  recorders.delete(first.recorder);
  await second.says(routeOf(400, 40), 2_000);
  expect((await pointsOf(id)).map(({ stable }) => stable.requests)).toEqual([100, 100, 100]);
});

test("the end of a rollout is a point too, with the evidence that ended it, however short it was", async () => {
  const { db } = api.database;
  const { id, deployment } = await rolling();
  const gateway = watched(deployment);
  await gateway.says(routeOf(100, 0), 0);
  await gateway.says(routeOf(150, 4, 4, 0), 700);
  expect(await pointsOf(id)).toEqual([]);
  const stored = await findRollout(db, id);
  const analysis = { logEvidence: Math.log(300) };
  const state = JSON.stringify({ ...stored?.rollout, phase: "rolled_back", analysis });
  await db.updateTable("rollouts").set({ phase: "rolled_back", active: false, state }).where("id", "=", id).execute();
  await expect.poll(() => pointsOf(id)).toHaveLength(1);
  const [point] = await pointsOf(id);
  expect(point).toMatchObject({ seconds: 0.7, weight: 0, stable: { requests: 50 } });
  expect(point).toMatchObject({ candidate: { requests: 4, errors: 4 } });
  expect(point?.evidence.guard).toBeCloseTo(300);
});

test("hours of waiting before the first caller make no sample of the traffic seldomer", async () => {
  const { id, deployment } = await rolling();
  const created = new Date(Date.now() - DAY);
  await api.database.db.updateTable("rollouts").set({ created_at: created }).where("id", "=", id).execute();
  const gateway = watched(deployment);
  await gateway.says(routeOf(100, 0), 0);
  await gateway.says(routeOf(190, 10), 2_000);
  await gateway.says(routeOf(280, 20), 2_000);
  expect(await pointsOf(id)).toHaveLength(2);
});

test("a deployment that is another server's is left to that one", async () => {
  const { id, deployment } = await rolling();
  await api.database.db.updateTable("deployments").set({ server: "there" }).where("id", "=", deployment).execute();
  const mine = await rolling();
  const gateway = watched(mine.deployment);
  await gateway.says(routeOf(1, 1), 0);
  await gateway.says(routeOf(2, 2), 2_000);
  expect([(await pointsOf(mine.id)).length, (await pointsOf(id)).length]).toEqual([1, 0]);
});

test("the course is kept for thirty days after the end, and for as long as the rollout goes on", async () => {
  const { db } = api.database;
  const [old, fresh, moving] = [await rolling(), await rolling(), await rolling()];
  const at = new Date(Date.now() - 40 * DAY);
  for (const { id } of [old, fresh, moving]) {
    const arm = { requests: 1, errors: 0, latency: null };
    const sample = { ms: 2_000, weight: 1_000, stable: arm, candidate: arm, guard: null, judge: null };
    await db
      .insertInto("rollout_samples")
      .values({ rollout_id: id, at, sample: JSON.stringify(sample) })
      .execute();
  }
  const ended = (id: string, days: number) =>
    db
      .updateTable("rollouts")
      .set({ active: false, updated_at: new Date(Date.now() - days * DAY) })
      .where("id", "=", id)
      .execute();
  await ended(old.id, 31);
  await ended(fresh.id, 29);
  // Old ones are looked for once an hour.
  const gateway = watched(moving.deployment);
  await gateway.says(null, 3_700_000);
  await expect.poll(() => pointsOf(old.id)).toEqual([]);
  expect([(await pointsOf(fresh.id)).length, (await pointsOf(moving.id)).length]).toEqual([1, 1]);
});

test("what is no rollout of yours, or no time, is refused in words", async () => {
  const { id } = await rolling();
  expect((await api.ask("GET", "/v1/rollouts/rol_none/series")).status).toBe(404);
  for (const query of ["after=yesterday", "limit=0", "limit=10001", "limit=many", "before=1"])
    expect([query, (await api.ask("GET", `/v1/rollouts/${id}/series?${query}`)).status]).toEqual([query, 400]);
  await api.services.projects.create(LOCAL_ADMIN, { name: "other" });
  const stranger = { name: "s", project: "other", role: "admin" as const, environment: null, expiresAt: null };
  const { secret } = await api.services.tokens.create(LOCAL_ADMIN, stranger);
  const headers = { authorization: `Bearer ${secret}` };
  expect((await api.ask("GET", `/v1/rollouts/${id}/series`, { headers })).status).toBe(404);
});

const guardOf = (logEvidence: number): NonNullable<RouteObservation["guard"]> => ({
  ...{ hypothesis: "rol", logEvidence, maxLogEvidence: logEvidence, bound: 10, metrics: [], closed: null },
  samples: { stable: 0, candidate: 0 },
  errors: { stable: 0, candidate: 0 },
});
