import {
  configSchema,
  createRollout,
  isTerminal,
  type Rollout,
  routeSchema,
  type StrategyInput,
  strategySchema,
} from "@sluice/core";
import type { Kysely } from "kysely";
import pino from "pino";
import { newId } from "../../db/ids.ts";
import type { Database } from "../../db/schema.ts";
import { findRollout, insertRollout } from "../../rollout/rollout.store.ts";
import { insertRoute } from "../../routing/route.store.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { type Crash, neverCrash } from "../crash.ts";
import { type Engine, startEngine } from "../engine.ts";
import { wakeDeployment } from "../wake.ts";
import { createSimulatedGateway, type SimulatedGateway } from "./simulated.gateway.ts";
import { createSimulatedRuntime, type SimulatedRuntime } from "./simulated.runtime.ts";

/** An engine on a database of its own, with a runtime and a gateway that exist in memory only. */
export interface EngineFixture extends TestDatabase {
  runtime: SimulatedRuntime;
  gateway: SimulatedGateway;
  /** Starts an engine; one that runs already is not stopped. */
  start(crash?: Crash): Promise<Engine>;
  /** A deployment with a route of its own, and nothing delivered yet. */
  deploy(name: string): Promise<string>;
  /** A rollout to a new version, as a user asks for one. */
  rollout(deployment: string, version: string, strategy: StrategyInput): Promise<string>;
  state(rollout: string): Promise<Rollout>;
  /** The rollout once `holds` is true of it. Throws what it was last when that takes longer than `withinMs`. */
  until(rollout: string, holds: (rollout: Rollout) => boolean, withinMs?: number): Promise<Rollout>;
  ended(rollout: string): Promise<Rollout>;
}

const LOGGER = pino({ level: "silent" });
const WITHIN_MS = 20_000;

export async function engineFixture(): Promise<EngineFixture> {
  const database = await testDatabase(20);
  const { db, pool } = database;
  const runtime = createSimulatedRuntime(1);
  const gateway = createSimulatedGateway();
  const artifactId = newId("art");
  await db
    .insertInto("artifacts")
    .values({ id: artifactId, project: "default", name: "greeter", kind: "application" })
    .execute();

  const state = async (id: string): Promise<Rollout> => {
    const stored = await findRollout(db, id);
    if (stored === null) throw new Error(`no rollout ${id}`);
    return stored.rollout;
  };
  const until: EngineFixture["until"] = async (id, holds, withinMs = WITHIN_MS) => {
    const deadline = Date.now() + withinMs;
    for (;;) {
      // The database may be away on purpose.
      const rollout = await state(id).catch(() => null);
      if (rollout !== null && holds(rollout)) return rollout;
      if (Date.now() > deadline) throw new Error(`not in time; ${id} is ${JSON.stringify(rollout, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  return {
    ...database,
    runtime,
    gateway,
    state,
    until,
    ended: (id) => until(id, (rollout) => isTerminal(rollout.phase)),
    start: (crash = neverCrash) =>
      startEngine({
        db,
        pool,
        link: gateway,
        runtimes: new Map([["process", runtime]]),
        checks: { root: process.cwd(), programPath: "/usr/bin:/bin", targets: new Set(["process"]) },
        workers: 4,
        maxActiveRollouts: 1_000,
        logger: LOGGER,
        now: Date.now,
        crash,
      }),
    deploy: (name) => insertDeployment(db, artifactId, name),
    rollout: (deployment, version, strategy) => insertDelivery(db, { artifactId, deployment, version, strategy }),
  };
}

async function insertDeployment(db: Kysely<Database>, artifactId: string, name: string): Promise<string> {
  const id = newId("dep");
  await db
    .insertInto("deployments")
    .values({
      id,
      project: "default",
      environment: "development",
      name,
      artifact_id: artifactId,
      stable_revision: null,
      replicas: 2,
      deployed_by: "test",
    })
    .execute();
  await insertRoute(db, id, routeSchema.parse({ path: `/${name}` }), 1);
  return id;
}

interface Delivery {
  artifactId: string;
  deployment: string;
  version: string;
  strategy: StrategyInput;
}

async function insertDelivery(db: Kysely<Database>, delivery: Delivery): Promise<string> {
  const { artifactId, deployment, version } = delivery;
  const now = Date.now();
  return db.transaction().execute(async (tx) => {
    const versionId = newId("ver");
    await tx
      .insertInto("versions")
      .values({
        id: versionId,
        artifact_id: artifactId,
        version: `${version}+${versionId}`,
        digest: versionId,
        spec: JSON.stringify({ command: ["sh", "-c", "true"], env: {} }),
        source: JSON.stringify(null),
        created_by: "test",
      })
      .execute();
    const last = await tx
      .selectFrom("revisions")
      .select(({ fn }) => fn.max("number").as("number"))
      .where("deployment_id", "=", deployment)
      .executeTakeFirst();
    const number = (last?.number ?? 0) + 1;
    await tx
      .insertInto("revisions")
      .values({
        deployment_id: deployment,
        number,
        version_id: versionId,
        digest: `${number}`,
        config: JSON.stringify(configSchema.parse({ progressDeadlineSeconds: 5 })),
        created_by: "test",
      })
      .execute();
    const { stable_revision: stable } = await tx
      .selectFrom("deployments")
      .select("stable_revision")
      .where("id", "=", deployment)
      .executeTakeFirstOrThrow();
    const { rollout } = createRollout(
      {
        id: newId("rol"),
        project: "default",
        deployment,
        artifact: "greeter",
        environment: "development",
        from: stable === null ? null : { revision: stable, version: "before" },
        to: { revision: number, version },
        strategy: strategySchema.parse(delivery.strategy),
        requiredApprovals: 0,
        fourEyes: false,
        triggeredBy: "test",
      },
      now,
    );
    await insertRollout(tx, rollout);
    await wakeDeployment(tx, deployment);
    return rollout.id;
  });
}
