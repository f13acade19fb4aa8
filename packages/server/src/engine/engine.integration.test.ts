import { verifyChain } from "@sluice/core";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { desiredWorkloads } from "../deployment/workload.store.ts";
import { findRolloutForUpdate, saveRollout } from "../rollout/rollout.store.ts";
import { CRASH_POINTS, type Crash, crashAt, neverCrash } from "./crash.ts";
import { NOTHING_DECIDED } from "./decide.ts";
import type { Engine } from "./engine.ts";
import { load } from "./load.ts";
import { persist } from "./persist.ts";
import { type EngineFixture, engineFixture } from "./testing/engine.fixture.ts";
import { wakeDeployment } from "./wake.ts";

const CANARY = {
  type: "canary" as const,
  steps: [{ setWeight: 5 }, { wait: { seconds: 0 } }, { setWeight: 50 }],
  keepStableSeconds: 0,
};
const IMMEDIATE = { type: "immediate" as const, keepStableSeconds: 0 };

let fixture: EngineFixture;
let engines: Engine[] = [];

async function start(crash?: Crash): Promise<Engine> {
  const engine = await fixture.start(crash);
  engines.push(engine);
  return engine;
}

/** A deployment whose revision 1 serves. */
async function delivered(name: string): Promise<string> {
  const deployment = await fixture.deploy(name);
  const first = await fixture.rollout(deployment, "1.0.0", IMMEDIATE);
  expect((await fixture.ended(first)).phase).toBe("completed");
  return deployment;
}

async function auditIsValid(): Promise<boolean> {
  const rows = await fixture.db.selectFrom("audit_entries").selectAll().orderBy("seq").execute();
  const head = await fixture.db.selectFrom("audit_heads").selectAll().executeTakeFirstOrThrow();
  const entries = rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  return verifyChain(entries, head).valid;
}

const weightsOf = (deployment: string): string[] =>
  fixture.gateway.splits.filter((line) => line.startsWith(deployment)).map((line) => line.slice(deployment.length + 1));

beforeEach(async () => {
  fixture = await engineFixture();
});

afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  engines = [];
  await fixture.close();
});

describe("the engine", () => {
  test("takes a canary through its weights, declares it stable and removes the old revision", async () => {
    await start();
    const deployment = await delivered("greeter");
    const canary = await fixture.rollout(deployment, "1.1.0", CANARY);
    const ended = await fixture.ended(canary);

    expect(ended.phase).toBe("completed");
    await expect
      .poll(() => weightsOf(deployment))
      .toEqual(["1:10000", "1:10000 2:0", "1:9500 2:500", "1:5000 2:5000", "1:0 2:10000", "2:10000"]);
    await expect.poll(() => fixture.runtime.orders.at(-1)).toBe("remove 1");
    const row = await fixture.db
      .selectFrom("deployments")
      .select("stable_revision")
      .where("id", "=", deployment)
      .executeTakeFirstOrThrow();
    expect(row.stable_revision).toBe(2);
    expect(await auditIsValid()).toBe(true);
  });

  test("rolls back when the guard has closed the gate, with the guard's reason", async () => {
    await start();
    const deployment = await delivered("greeter");
    const canary = await fixture.rollout(deployment, "1.1.0", {
      ...CANARY,
      steps: [{ setWeight: 10 }, { wait: { seconds: 600 } }],
    });
    await fixture.until(canary, (rollout) => rollout.step === 1);
    const reason = "4 of 4 requests failed";
    fixture.gateway.report(deployment, { closed: { at: Date.now(), metric: "error_rate", reason } });
    const ended = await fixture.ended(canary);

    expect(ended.phase).toBe("rolled_back");
    expect(ended.reason).toContain(reason);
    expect(weightsOf(deployment).at(-1)).toMatch(/^1:10000/);
    await expect.poll(() => fixture.runtime.orders.at(-1)).toBe("remove 2");
  });

  test("gives no traffic to a candidate that never becomes ready, and rolls back", async () => {
    await start();
    const deployment = await delivered("greeter");
    fixture.runtime.breaks((workload) => workload.revision === 2);
    const ended = await fixture.ended(await fixture.rollout(deployment, "1.1.0", CANARY));
    expect(ended.phase).toBe("rolled_back");
    expect(weightsOf(deployment).every((weights) => !/2:[1-9]/.test(weights))).toBe(true);
  });

  test("a newer rollout supersedes the one that goes on and starts from what is stable", async () => {
    await start();
    const deployment = await delivered("greeter");
    const older = await fixture.rollout(deployment, "1.1.0", {
      ...CANARY,
      steps: [{ setWeight: 30 }, { wait: { seconds: 600 } }],
    });
    await fixture.until(older, (rollout) => rollout.step === 1);
    const newer = await fixture.rollout(deployment, "1.2.0", CANARY);

    expect((await fixture.ended(older)).phase).toBe("superseded");
    const ended = await fixture.ended(newer);
    expect(ended).toMatchObject({ phase: "completed", fromRevision: 1, toRevision: 3 });
    expect(weightsOf(deployment).every((weights) => weights.split(" ").length <= 2)).toBe(true);
  });

  // edge case 38
  test.each(CRASH_POINTS.filter((point) => !/-(hook|activity)$/.test(point)))(
    "an engine that dies at %s leaves a rollout that another one finishes",
    async (point) => {
      const failing = point === "during-rollback";
      let armed = false;
      const crash = crashAt(`${point}:2`, () => {
        throw new Error(`died at ${point}`);
      });
      await start((at) => {
        if (armed) crash(at);
      });
      const deployment = await delivered("greeter");
      armed = true;
      if (failing) fixture.runtime.breaks((workload) => workload.revision === 2);
      const ended = await fixture.ended(await fixture.rollout(deployment, "1.1.0", CANARY));
      expect(ended.phase).toBe(failing ? "rolled_back" : "completed");
      expect(await auditIsValid()).toBe(true);
    },
  );

  test("double and early wakes change nothing, and a lost wake is made good by the next start", async () => {
    const engine = await start();
    const deployment = await delivered("greeter");
    const canary = await fixture.rollout(deployment, "1.1.0", {
      ...CANARY,
      steps: [{ setWeight: 5 }, { wait: { seconds: 1 } }],
    });
    await fixture.until(canary, (rollout) => rollout.step === 1);
    await Promise.all(Array.from({ length: 20 }, () => wakeDeployment(fixture.db, deployment)));
    await engine.close();
    engines = [];
    await sql`delete from graphile_worker._private_jobs`.execute(fixture.db);
    await start();

    expect((await fixture.ended(canary)).phase).toBe("completed");
    expect(weightsOf(deployment).filter((weights) => weights === "1:9500 2:500")).toHaveLength(1);
  });

  // edge case 39
  test("a decision on a rollout that somebody changed meanwhile is not written", async () => {
    const deployment = await fixture.deploy("greeter");
    const id = await fixture.rollout(deployment, "1.0.0", IMMEDIATE);
    const stale = await fixture.db.transaction().execute((tx) => findRolloutForUpdate(tx, id));
    if (stale === null) throw new Error("the rollout is there");
    await saveRollout(fixture.db, { ...stale.rollout, reason: "first" }, stale.rowVersion);
    await expect(saveRollout(fixture.db, { ...stale.rollout, reason: "second" }, stale.rowVersion)).rejects.toThrow(
      /changed by someone else/,
    );
    expect((await fixture.state(id)).reason).toBe("first");
  });

  // edge case 39
  test("an owner whose fence is old writes nothing and orders nothing", async () => {
    const engine = await start();
    const deployment = await delivered("greeter");
    await engine.close();
    engines = [];
    const { db } = fixture;
    const loaded = await load(db, deployment);
    if (loaded === null) throw new Error("the deployment is there");
    await sql`update deployments set fence = fence + 1 where id = ${deployment}`.execute(db);
    const observed = {
      statuses: await fixture.runtime.observe(deployment),
      route: fixture.gateway.route(deployment),
      gatewayFresh: true,
      guards: 1,
      slotFree: true,
      validations: null,
      exhausted: null,
      goal: null,
      outageMs: 0,
    };
    const stop = { ...NOTHING_DECIDED, instances: [{ revision: 1, replicas: 0 }] };
    await expect(persist(db, loaded, observed, stop, Date.now(), neverCrash)).rejects.toMatchObject({
      code: "aborted",
    });
    expect(await desiredWorkloads(db, deployment)).toEqual([{ revision: 1, replicas: 2, retireAt: null }]);
    await fixture.runtime.remove({ deployment, revision: 7, fence: loaded.deployment.fence + 1 });
    const late = { deployment, revision: 1, fence: loaded.deployment.fence };
    await expect(fixture.runtime.remove(late)).rejects.toMatchObject({ code: "aborted" });
  });

  // edge case 40
  test("two engines on one database move a rollout through every weight once", async () => {
    await start();
    await start();
    const deployment = await delivered("greeter");
    const canary = await fixture.rollout(deployment, "1.1.0", CANARY);
    expect((await fixture.ended(canary)).phase).toBe("completed");
    const shifted = weightsOf(deployment).filter((weights) => weights.includes("2:"));
    expect(new Set(shifted).size).toBe(shifted.length);
    expect(await auditIsValid()).toBe(true);
  });

  test("goes on after every connection to the database was cut, time and again", async () => {
    await start();
    const deployment = await delivered("greeter");
    const canary = await fixture.rollout(deployment, "1.1.0", {
      ...CANARY,
      steps: [5, 10, 20, 40, 60, 80].flatMap((setWeight) => [{ setWeight }, { wait: { seconds: 0 } }]),
      monitoringSeconds: 2,
    });
    for (let cut = 0; cut < 5; cut += 1) {
      await fixture.until(canary, (rollout) => rollout.step >= cut);
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`
        .execute(fixture.db)
        .catch(() => undefined);
    }
    const ended = await fixture.until(canary, (rollout) => rollout.finishedAt !== null, 40_000);
    expect(ended.phase).toBe("completed");
    expect(await auditIsValid()).toBe(true);
  });

  test("a gateway that began anew is told everything again", async () => {
    await start();
    const deployment = await delivered("greeter");
    fixture.gateway.restart();
    await expect.poll(() => fixture.gateway.config(deployment)?.split).toEqual([{ revision: 1, weight: 10_000 }]);
  });

  test("a deleted deployment loses its route, then its instances, then its rows", async () => {
    await start();
    const deployment = await delivered("greeter");
    await fixture.db.updateTable("deployments").set({ deleting: true }).where("id", "=", deployment).execute();
    await wakeDeployment(fixture.db, deployment);
    await expect
      .poll(() => fixture.db.selectFrom("deployments").select("id").where("id", "=", deployment).execute())
      .toEqual([]);
    expect(fixture.gateway.config(deployment)).toBeNull();
    expect(await fixture.runtime.observe(deployment)).toEqual([]);
    const told = fixture.db.selectFrom("events").select(["type", "data"]).where("deployment_id", "=", deployment);
    expect((await told.orderBy("seq", "desc").execute())[0]).toEqual({
      type: "deployment.removed",
      data: { name: "greeter", environment: "development" },
    });
  });
});
