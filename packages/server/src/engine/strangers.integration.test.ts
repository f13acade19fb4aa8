import { targetSchema, type Workload } from "@sluice/core";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Engine } from "./engine.ts";
import { createStrangers } from "./strangers.ts";
import { type EngineFixture, engineFixture } from "./testing/engine.fixture.ts";
import { wakeDeployment } from "./wake.ts";

const FOREIGN = "dep_of_another_sluice";

const workload = (deployment: string): Workload => ({
  deployment,
  revision: 1,
  fence: 1_000,
  replicas: 1,
  command: [],
  image: "greeter:1.0.0",
  workdir: null,
  env: {},
  resources: { memoryMb: null, cpuCores: null },
  healthCheck: { path: null, intervalSeconds: 1, timeoutSeconds: 1, retries: 1 },
  progressDeadlineSeconds: 60,
  stopSeconds: 1,
});

let fixture: EngineFixture;
let engine: Engine;

beforeEach(async () => {
  fixture = await engineFixture();
  engine = await fixture.start();
  await fixture.targets.at(targetSchema.parse({ name: "containers", type: "docker" }));
});

afterEach(async () => {
  await engine.close();
  await fixture.close();
});

/** A wake for the deployment, followed to its end. */
const followed = async (deployment: string): Promise<void> => {
  await wakeDeployment(fixture.db, deployment);
  await expect
    .poll(async () => {
      const { rows } = await sql`
        select from graphile_worker.jobs where key = ${`reconcile:${deployment}`}`.execute(fixture.db);
      return rows.length;
    })
    .toBe(0);
};

test("what another Sluice runs at a daemon that both use is left alone", async () => {
  await fixture.shared.apply(workload(FOREIGN));
  await followed(FOREIGN);
  expect(await fixture.shared.deployments()).toEqual([FOREIGN]);
});

test("what is left at such a daemon of a deployment that was deleted here is removed", async () => {
  const deployment = await fixture.deploy("greeter");
  const first = await fixture.rollout(deployment, "1.0.0", { type: "immediate", keepStableSeconds: 0 });
  await fixture.ended(first);
  await fixture.db.updateTable("deployments").set({ deleting: true }).where("id", "=", deployment).execute();
  await wakeDeployment(fixture.db, deployment);
  await expect.poll(() => fixture.runtime.observe(deployment)).toEqual([]);
  await fixture.shared.apply(workload(deployment));
  await expect.poll(() => fixture.shared.deployments()).toEqual([]);
});

test("what nobody but this server can have begun is removed, also when it is of nothing that is known", async () => {
  await fixture.runtime.apply(workload("dep_on_this_machine"));
  await expect.poll(() => fixture.runtime.deployments()).toEqual([]);
});

test("a stranger is asked for once, and stays one", async () => {
  const strangers = createStrangers(fixture);
  expect(await strangers.isOne(FOREIGN)).toBe(true);
  expect([...strangers.known]).toEqual([FOREIGN]);
  expect(await strangers.isOne(FOREIGN)).toBe(true);
});
