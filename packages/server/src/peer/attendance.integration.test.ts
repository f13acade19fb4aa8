import { randomBytes } from "node:crypto";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { neverCrash } from "../engine/crash.ts";
import { startEngine } from "../engine/engine.ts";
import { createTargets } from "../engine/targets.ts";
import { insertArtifact, insertDelivery, insertDeployment } from "../engine/testing/delivery.ts";
import { createSimulatedGateway } from "../engine/testing/simulated.gateway.ts";
import { createSimulatedRuntime } from "../engine/testing/simulated.runtime.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { announce, forgetPeer, leave, listPeers } from "./peer.store.ts";
import { createPeers } from "./peers.ts";

const LOGGER = pino({ level: "silent" });
const KEY = randomBytes(32);

let database: TestDatabase;
let artifactId: string;
beforeAll(async () => {
  database = await testDatabase(30);
  artifactId = await insertArtifact(database.db);
});
afterAll(() => database.close());
beforeEach(() => database.pool.query("delete from workflow_nodes"));

const about = (id: string) => ({
  ...{ id, url: `http://${id}:8303`, gatewayUrl: `http://${id}:30080`, host: id, version: "0.1.0" },
  ...{ keyPrint: "print", startedAt: new Date() },
});

/** A server's engine, with a machine and a gateway of its own. */
async function machine(id: string) {
  const { db, pool } = database;
  const runtime = createSimulatedRuntime(1);
  const gateway = createSimulatedGateway();
  const targets = createTargets({ gateway, local: new Map([["process", runtime]]), logger: LOGGER });
  const start = () =>
    startEngine({
      ...{
        db,
        pool,
        gateway,
        targets,
        workers: 2,
        maxActiveRollouts: 100,
        logger: LOGGER,
        now: Date.now,
        crash: neverCrash,
      },
      checks: { root: process.cwd(), programPath: "/usr/bin:/bin", targets: new Set(["process"]) },
      server: { id, ownGateway: true },
    });
  return { runtime, start };
}

const holderOf = async (deployment: string): Promise<string | null> => {
  const row = await database.db
    .selectFrom("deployments")
    .select("server")
    .where("id", "=", deployment)
    .executeTakeFirst();
  return row?.server ?? null;
};

async function deliver(name: string): Promise<string> {
  const deployment = await insertDeployment(database.db, artifactId, name);
  const strategy = { type: "immediate" as const, keepStableSeconds: 0 };
  await insertDelivery(database.db, { artifactId, deployment, version: `${name}-1.0.0`, strategy });
  return deployment;
}

test("the first server that looks has the deployment, and runs it alone", async () => {
  const [left, right] = [await machine("left"), await machine("right")];
  const engines = [await left.start(), await right.start()];
  try {
    const deployments = await Promise.all(["one", "two", "three", "four"].map(deliver));
    for (const deployment of deployments) {
      await expect.poll(() => holderOf(deployment)).not.toBeNull();
      const holder = (await holderOf(deployment)) === "left" ? left : right;
      const other = holder === left ? right : left;
      await expect.poll(async () => (await holder.runtime.observe(deployment)).length).toBe(1);
      // A wake that the other one gets is not its to heed.
      await wakeDeployment(database.db, deployment);
      expect(await other.runtime.observe(deployment)).toEqual([]);
    }
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
  }
});

test("what a server of an earlier release may run is left to it for a while, and to the one that has it for good", async () => {
  const deployment = await deliver("inherited");
  const [old, fresh] = [await machine("old"), await machine("fresh")];
  const first = await old.start();
  await expect.poll(async () => (await old.runtime.observe(deployment)).length).toBe(1);
  await first.close();
  // As a release that knew of no other servers left it.
  await database.db.updateTable("deployments").set({ server: null }).where("id", "=", deployment).execute();
  await database.pool.query("insert into workflow_nodes (id, url, seen_at) values ('old', 'http://old:8303', now())");
  const added = await fresh.start();
  try {
    await expect.poll(async () => (await pendingWakes(deployment)).length).toBe(1);
    expect(await holderOf(deployment)).toBeNull();
    expect(await fresh.runtime.observe(deployment)).toEqual([]);
    const again = await old.start();
    expect(await holderOf(deployment)).toBe("old");
    await again.close();
  } finally {
    await added.close();
  }
});

const pendingWakes = async (deployment: string) =>
  (
    await database.pool.query("select run_at from graphile_worker.jobs where key = $1 and run_at > now()", [
      `reconcile:${deployment}`,
    ])
  ).rows;

test("servers see who lives; one that stops, or is silent, does not", async () => {
  const { db, pool } = database;
  await announce(db, about("left"));
  await announce(db, about("right"));
  await leave(db, "right");
  expect((await listPeers(db)).map(({ id, alive }) => [id, alive])).toEqual([
    ["left", true],
    ["right", false],
  ]);
  await pool.query("update workflow_nodes set seen_at = now() - interval '31 seconds' where id = 'left'");
  expect((await listPeers(db)).every(({ alive }) => !alive)).toBe(true);
  await expect(forgetPeer(db, "nobody")).rejects.toMatchObject({ code: "not_found" });
});

test("that nobody looks after a deployment is told once, and that somebody does again as well", async () => {
  const { db, pool } = database;
  const deployment = await insertDeployment(db, artifactId, "lonely");
  await db.updateTable("deployments").set({ server: "gone" }).where("id", "=", deployment).execute();
  await announce(db, about("gone"));
  await pool.query("update workflow_nodes set seen_at = now() - interval '31 seconds' where id = 'gone'");
  const peers = (self: string) => createPeers({ db, self, key: KEY, version: "0.1.0", logger: LOGGER, now: Date.now });
  const told = async () =>
    (
      await db
        .selectFrom("events")
        .select(["type", "alert", "message"])
        .where("deployment_id", "=", deployment)
        .orderBy("seq")
        .execute()
    ).map(({ type, alert }) => [type, alert]);
  await Promise.all([peers("left"), peers("right")]);
  expect(await told()).toEqual([["deployment.unattended", true]]);
  await peers("left");
  expect(await told()).toHaveLength(1);
  const back = await peers("gone");
  await back.join({ url: "http://gone:8303", gatewayUrl: "http://gone:30080" });
  await back.close();
  expect(await told()).toEqual([
    ["deployment.unattended", true],
    ["deployment.attended", false],
  ]);
});
