import { isTerminal, type Rollout, type StrategyInput } from "@sluice/core";
import pino from "pino";
import type { RunCandidateTests } from "../../candidate-test/candidate-test.types.ts";
import { findRollout } from "../../rollout/rollout.store.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { type Crash, neverCrash } from "../crash.ts";
import { type Engine, startEngine } from "../engine.ts";
import { createTargets, type Targets } from "../targets.ts";
import { type Delivery, insertArtifact, insertDelivery, insertDeployment } from "./delivery.ts";
import { createSimulatedGateway, type SimulatedGateway } from "./simulated.gateway.ts";
import { createSimulatedRuntime, type SimulatedRuntime } from "./simulated.runtime.ts";

export type DeliveryOptions = Pick<Delivery, "spec" | "config" | "protection">;

/** An engine on a database of its own, with a runtime and a gateway that exist in memory only. */
export interface EngineFixture extends TestDatabase {
  runtime: SimulatedRuntime;
  gateway: SimulatedGateway;
  /** A Docker daemon that others may use too, at the target `{ type: "docker" }`. */
  shared: SimulatedRuntime;
  targets: Targets;
  /** Starts an engine; one that runs already is not stopped. */
  start(crash?: Crash, runTests?: RunCandidateTests): Promise<Engine>;
  /** A deployment with a route of its own, and nothing delivered yet. */
  deploy(name: string): Promise<string>;
  /** A rollout to a new version, as a user asks for one. */
  rollout(deployment: string, version: string, strategy: StrategyInput, more?: DeliveryOptions): Promise<string>;
  /** The artifact of every deployment here. */
  artifactId: string;
  state(rollout: string): Promise<Rollout>;
  /** The rollout once `holds` is true of it. Throws what it was last when that takes longer than `withinMs`. */
  until(rollout: string, holds: (rollout: Rollout) => boolean, withinMs?: number): Promise<Rollout>;
  ended(rollout: string): Promise<Rollout>;
}

const LOGGER = pino({ level: "silent" });
const WITHIN_MS = 60_000;

export async function engineFixture(): Promise<EngineFixture> {
  const database = await testDatabase(20);
  const { db, pool } = database;
  const runtime = createSimulatedRuntime(1);
  const gateway = createSimulatedGateway();
  const shared = createSimulatedRuntime(1);
  const targets = createTargets({
    gateway,
    local: new Map([["process", runtime]]),
    connect: { docker: async () => ({ runtime: shared, plane: null, close: async () => undefined }) },
    logger: LOGGER,
  });
  const artifactId = await insertArtifact(db);

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
    shared,
    targets,
    state,
    until,
    ended: (id) => until(id, (rollout) => isTerminal(rollout.phase)),
    artifactId,
    start: (crash = neverCrash, runTests) =>
      startEngine({
        db,
        pool,
        gateway,
        targets,
        checks: { root: process.cwd(), programPath: "/usr/bin:/bin", targets: new Set(["process"]) },
        workers: 4,
        maxActiveRollouts: 1_000,
        logger: LOGGER,
        now: Date.now,
        crash,
        ...(runTests && { runTests }),
      }),
    deploy: (name) => insertDeployment(db, artifactId, name),
    rollout: (deployment, version, strategy, more = {}) =>
      insertDelivery(db, { artifactId, deployment, version, strategy, ...more }),
  };
}
