import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ArmCounts, FULL_WEIGHT, type JudgeReport, type RouteObservation, type StrategyInput } from "@sluice/core";
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createPool } from "../db/database.ts";
import { insertArtifact, insertDelivery, insertDeployment } from "../engine/testing/delivery.ts";
import { insertScores } from "../metric/score.store.ts";
import { findRollout } from "../rollout/rollout.store.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { type Judges, startJudges } from "./judge.service.ts";
import { reportOf } from "./judge.store.ts";

const LOGGER = pino({ level: "silent" });
const WITHIN_MS = 40_000;

let database: TestDatabase;
let artifactId: string;
let number = 0;
const running = new Set<{ close(): Promise<unknown> }>();

beforeAll(async () => {
  database = await testDatabase(20);
  artifactId = await insertArtifact(database.db);
});
afterEach(async () => {
  await Promise.all([...running].map((part) => part.close()));
  running.clear();
});
afterAll(() => database.close());

/** What gateways say, as a test lets them. */
class Gateways {
  readonly #routes = new Map<string, RouteObservation>();
  readonly woken: string[] = [];
  readonly route = (deployment: string): RouteObservation | null => this.#routes.get(deployment) ?? null;
  readonly changed = (deployment: string): void => {
    this.woken.push(deployment);
  };

  /** The guard of the rollout counts these from now on, cumulative in the period. */
  count(
    rollout: Rolling,
    seen: { period?: number; weight?: number; candidate: [number, number]; stable: [number, number] },
  ) {
    const { period = 1, weight = 1_000 } = seen;
    this.#routes.set(rollout.deployment, {
      id: rollout.deployment,
      epoch: 1,
      split: [
        { revision: 1, weight: FULL_WEIGHT - weight },
        { revision: 2, weight },
      ],
      usable: [],
      stats: [],
      guard: null,
      shadow: null,
      counts: {
        hypothesis: rollout.id,
        period,
        weight,
        mirrored: false,
        candidate: armOf(...seen.candidate),
        stable: armOf(...seen.stable),
      },
    });
  }
}

const armOf = (requests: number, errors: number) => {
  const arm = new ArmCounts();
  const latency = new Array<number>(162).fill(0);
  latency[50] = requests - errors;
  arm.add({ requests, errors, latency });
  return arm.state();
};

interface Rolling {
  id: string;
  deployment: string;
}

/** A rollout from revision 1 to 2 in the middle of its steps, as the engine would have brought it there. */
async function rolling(analysis: NonNullable<StrategyInput["analysis"]>, phase = "shifting"): Promise<Rolling> {
  const { db } = database;
  number += 1;
  const deployment = await insertDeployment(db, artifactId, `app-${number}`);
  const first = await insertDelivery(db, { artifactId, deployment, version: "1.0.0", strategy: { type: "immediate" } });
  await db.updateTable("rollouts").set({ active: false }).where("id", "=", first).execute();
  await db.updateTable("deployments").set({ stable_revision: 1 }).where("id", "=", deployment).execute();
  const strategy: StrategyInput = { type: "canary", analysis };
  const id = await insertDelivery(db, { artifactId, deployment, version: "1.1.0", strategy });
  const stored = await findRollout(db, id);
  if (stored === null) throw new Error("no rollout");
  await db
    .updateTable("rollouts")
    .set({ phase, state: JSON.stringify({ ...stored.rollout, phase }) })
    .where("id", "=", id)
    .execute();
  return { id, deployment };
}

/** Another server on the same database, with a pool of its own that can be cut off. */
function judging(gateways: Gateways): { judges: Judges; kill(): Promise<void> } {
  const pool = createPool(database.url, 4, () => undefined);
  const { db } = database;
  const { route, changed } = gateways;
  const judges = startJudges({ db, pool, route, changed, root: process.cwd(), logger: LOGGER, now: Date.now });
  const part = { close: () => judges.close().then(() => pool.end()) };
  running.add(part);
  return {
    judges,
    async kill() {
      running.delete(part);
      await judges.close();
      await pool.end();
    },
  };
}

async function eventually<T>(what: string, find: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const found = await find();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const reported = (what: string, { id }: Rolling, holds: (report: JudgeReport) => boolean): Promise<JudgeReport> =>
  eventually(what, async () => {
    const report = (await reportOf(database.db, [id])).get(id);
    return report !== undefined && holds(report) ? report : null;
  });

const samplesOf = ({ metrics }: JudgeReport) => metrics[0]?.samples;
const closes = ({ closed }: JudgeReport): boolean => closed !== null;

describe("the judges", () => {
  test("judge what the gateways count, keep it, and wake the rollout when the candidate is worse", async () => {
    const rollout = await rolling({ metrics: [{ name: "error_rate" }] });
    const gateways = new Gateways();
    gateways.count(rollout, { candidate: [10, 0], stable: [90, 0] });
    judging(gateways);
    await reported("a first look", rollout, (report) => samplesOf(report)?.candidate === 10);
    const before = gateways.woken.length;
    gateways.count(rollout, { candidate: [30, 20], stable: [270, 0] });
    const report = await reported("a closing", rollout, closes);
    expect(report.verdict).toBe("rollback");
    expect(report.closed?.reason).toMatch(/^error rate: 20 of 30 requests failed on revision 2 against 0 of 270/);
    await eventually("a wake", async () => (gateways.woken.length > before ? true : null));
    expect(gateways.woken).toContain(rollout.deployment);
  });

  test("go on from what is on disk after a restart, and count nothing twice", async () => {
    const rollout = await rolling({ metrics: [{ name: "error_rate" }] });
    const gateways = new Gateways();
    gateways.count(rollout, { candidate: [10, 1], stable: [90, 0] });
    const first = judging(gateways);
    await reported("a first look", rollout, (report) => samplesOf(report)?.candidate === 10);
    await first.kill();
    judging(gateways);
    gateways.count(rollout, { candidate: [11, 1], stable: [99, 0] });
    const report = await reported("a look after the restart", rollout, (one) => (samplesOf(one)?.candidate ?? 0) > 10);
    expect(samplesOf(report)).toEqual({ candidate: 11, stable: 99 });
  });

  test("begin anew when what is on disk cannot be read", async () => {
    const rollout = await rolling({ metrics: [{ name: "error_rate" }] });
    const gateways = new Gateways();
    gateways.count(rollout, { candidate: [10, 1], stable: [90, 0] });
    const first = judging(gateways);
    await reported("a first look", rollout, (report) => samplesOf(report)?.candidate === 10);
    await first.kill();
    await database.db
      .updateTable("judge_states")
      .set({ snapshot: JSON.stringify({ format: "another" }), seq: 1_000 })
      .where("rollout_id", "=", rollout.id)
      .execute();
    judging(gateways);
    gateways.count(rollout, { candidate: [12, 1], stable: [99, 0] });
    const report = await reported("a look all the same", rollout, (one) => (samplesOf(one)?.candidate ?? 0) > 10);
    expect(samplesOf(report)).toEqual({ candidate: 12, stable: 99 });
  });

  // edge case 45
  test("leave out what a gateway counted before it began again", async () => {
    const rollout = await rolling({ metrics: [{ name: "error_rate" }] });
    const gateways = new Gateways();
    gateways.count(rollout, { candidate: [10, 0], stable: [90, 0] });
    judging(gateways);
    await reported("a first look", rollout, (report) => samplesOf(report)?.candidate === 10);
    gateways.count({ ...rollout, id: "rol_earlier" }, { candidate: [500, 500], stable: [500, 0] });
    gateways.count(rollout, { period: 2, candidate: [1, 0], stable: [9, 0] });
    const report = await reported("a look at the new period", rollout, (one) => samplesOf(one)?.candidate !== 10);
    expect(samplesOf(report)).toEqual({ candidate: 11, stable: 99 });
    expect(report.closed).toBeNull();
  });

  test("of two servers one judges a rollout, and the other takes over when it stops", async () => {
    const rollout = await rolling({ metrics: [{ name: "error_rate" }] });
    const [left, right] = [new Gateways(), new Gateways()];
    for (const gateways of [left, right]) gateways.count(rollout, { candidate: [10, 0], stable: [90, 0] });
    const first = judging(left);
    await reported("a first look", rollout, (report) => samplesOf(report)?.candidate === 10);
    judging(right);
    right.count(rollout, { candidate: [999, 0], stable: [999, 0] });
    left.count(rollout, { candidate: [20, 0], stable: [180, 0] });
    const report = await reported("the first one's next look", rollout, (one) => samplesOf(one)?.candidate !== 10);
    expect(samplesOf(report)).toEqual({ candidate: 20, stable: 180 });
    await first.kill();
    await reported("the other's look", rollout, (one) => samplesOf(one)?.candidate === 999);
  });

  test("look at no rollout before its candidate serves", async () => {
    const [early, serving] = [
      await rolling({ metrics: [{ name: "error_rate" }] }, "testing"),
      await rolling({ metrics: [{ name: "error_rate" }] }),
    ];
    const gateways = new Gateways();
    for (const rollout of [early, serving]) gateways.count(rollout, { candidate: [10, 10], stable: [90, 0] });
    judging(gateways);
    await reported("the serving one", serving, (report) => samplesOf(report)?.candidate === 10);
    expect(await reportOf(database.db, [early.id])).toEqual(new Map());
  });
});

describe("figures from outside", () => {
  test("are live scores, compared as they come, each once", async () => {
    const metrics = [{ name: "quality", source: "evaluations" as const, intervalSeconds: 1 }];
    const rollout = await rolling({ metrics });
    const gateways = new Gateways();
    judging(gateways);
    const { deployment } = rollout;
    await reported("no data", rollout, (report) => report.verdict === "hold");
    const post = (revision: number, scores: number[]) =>
      insertScores(database.db, { deployment, revision, metric: "quality", scores, at: new Date() });
    await Promise.all([post(1, [0.9, 0.8, 0.9]), post(2, [0.85])]);
    await reported("both", rollout, (report) => {
      const samples = samplesOf(report);
      return samples?.candidate === 1 && samples.stable === 3;
    });
    await post(2, [0.95]);
    const report = await reported("one more", rollout, (one) => (samplesOf(one)?.candidate ?? 0) > 1);
    expect(samplesOf(report)).toEqual({ candidate: 2, stable: 3 });
    expect(report.metrics[0]).toMatchObject({ source: "evaluations", judge: "balanced-bets", status: "ok" });
  });

  // edge case 25
  test("hold the rollout while their source is down, count the failures in a row, and forget them on an answer", async () => {
    let down = true;
    const server = createServer((_request, response) => {
      if (down) response.writeHead(503).end();
      else response.writeHead(200, { "content-type": "application/json" }).end('{"value": 3}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    running.add({ close: async () => server.close() });
    const { port } = server.address() as AddressInfo;
    const source = { type: "webhook" as const, url: `http://127.0.0.1:${port}/{{revision}}` };
    const rollout = await rolling({ metrics: [{ name: "load", source, intervalSeconds: 1 }] });
    judging(new Gateways());
    const held = await reported("the second failure", rollout, ({ message }) =>
      /for the 2nd time in a row/.test(message),
    );
    expect(held).toMatchObject({ verdict: "hold", closed: null });
    expect(held.metrics[0]).toMatchObject({ status: "provider_error", failed: false });
    expect(held.metrics[0]?.message).toMatch(/^load: the webhook at http:\/\/127.0.0.1:\d+ answered 503/);
    down = false;
    const well = await reported("an answer", rollout, ({ metrics }) => metrics[0]?.status === "ok");
    expect(well.verdict).toBe("continue");
    down = true;
    await reported("the next failure", rollout, ({ message }) => /for the 1st time in a row/.test(message));
  });

  test("are refused in words that can be kept, whatever the source answers", async () => {
    // Cut where people stop reading, half of the sign would be left, which the database does not take.
    const answer = JSON.stringify({ value: `${"x".repeat(78)}\u{1f600}` });
    const server = createServer((_request, response) => response.end(answer));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    running.add({ close: async () => server.close() });
    const { port } = server.address() as AddressInfo;
    const source = { type: "webhook" as const, url: `http://127.0.0.1:${port}/{{revision}}` };
    const rollout = await rolling({ metrics: [{ name: "load", source, intervalSeconds: 1 }] });
    judging(new Gateways());
    const report = await reported("the refusal", rollout, ({ metrics }) => metrics[0]?.status === "invalid");
    expect(report.metrics[0]?.message).toContain('finds "xxx');
  });

  // edge case 31
  test("that are still being read are abandoned when another metric has decided", async () => {
    const abandoned = new Promise<void>((resolve) => {
      const server = createServer((request) => request.socket.once("close", () => resolve()));
      server.listen(0, "127.0.0.1", () => listening.resolve((server.address() as AddressInfo).port));
      running.add({
        close: async () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
    const port = await listening.promise;
    const source = { type: "webhook" as const, url: `http://127.0.0.1:${port}/{{revision}}`, timeoutSeconds: 60 };
    const rollout = await rolling({ metrics: [{ name: "error_rate" }, { name: "load", source }] });
    const gateways = new Gateways();
    gateways.count(rollout, { candidate: [10, 0], stable: [90, 0] });
    judging(gateways);
    await reported("a first look", rollout, (report) => samplesOf(report)?.candidate === 10);
    gateways.count(rollout, { candidate: [40, 30], stable: [360, 0] });
    await reported("a closing", rollout, closes);
    await abandoned;
  });
});

const listening = Promise.withResolvers<number>();
