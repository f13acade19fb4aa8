import pino from "pino";
import type { z } from "zod";
import { type Crash, neverCrash } from "../../engine/crash.ts";
import { startEngine } from "../../engine/engine.ts";
import { createLive } from "../../engine/live.system.ts";
import type { Live } from "../../engine/live.ts";
import { type Connect, createTargets } from "../../engine/targets.ts";
import { createSimulatedGateway, type SimulatedGateway } from "../../engine/testing/simulated.gateway.ts";
import { createSimulatedRuntime, type SimulatedRuntime } from "../../engine/testing/simulated.runtime.ts";
import type { rolloutSchema } from "../../rollout/rollout.schema.ts";
import { type Answer, CHECKS, type TestApp, testApp } from "../../testing/app.ts";
import { testDatabase } from "../../testing/database.ts";
import type { DeploymentView } from "../deployment.schema.ts";

export type RolloutView = z.output<typeof rolloutSchema>;

/** The REST surface with an engine behind it, whose runtime and gateway exist in memory only. */
export interface Delivery extends TestApp {
  runtime: SimulatedRuntime;
  gateway: SimulatedGateway;
  live: Live;
  /** Creates a deployment of the artifact `greeter` at version 1.0.0 in development, with a route `/<name>`. */
  create(name: string, body?: object): Promise<{ deployment: DeploymentView; rollout: RolloutView }>;
  /** The same, once it serves. */
  serve(name: string, body?: object): Promise<DeploymentView>;
  patch(id: string, body: object): Promise<Answer>;
  /** Patches and answers the rollout that this began; throws when it began none. */
  rollOut(id: string, body: object): Promise<RolloutView>;
  deployment(id: string): Promise<DeploymentView>;
  rollout(id: string): Promise<RolloutView>;
  /** The rollout as soon as `holds` is true of it; throws what it was last when that takes too long. */
  until(id: string, holds: (rollout: RolloutView) => boolean): Promise<RolloutView>;
  ended(id: string): Promise<RolloutView>;
}

const WITHIN_MS = 60_000;
const LOGGER = pino({ level: "silent" });

interface DeliveryOptions {
  auth?: boolean;
  /** False: nothing happens but what the API itself does. */
  engine?: boolean;
  /** What cuts reconciles off. Default: nothing does. */
  crash?: Crash;
  /** How targets of type docker are reached. Default: there are none. */
  docker?: Connect;
}

export async function startDelivery(options: DeliveryOptions = {}): Promise<Delivery> {
  const database = await testDatabase(20);
  const runtime = createSimulatedRuntime(1);
  const gateway = createSimulatedGateway();
  const connect = options.docker === undefined ? {} : { docker: options.docker };
  const targets = createTargets({ gateway, local: new Map([["process", runtime]]), logger: LOGGER, connect });
  const live = createLive({ gatewayUrl: "http://127.0.0.1:30080", link: gateway, targets });
  const api = await testApp({ database, live, auth: options.auth ?? false });
  const { db, pool } = database;
  const engine =
    options.engine === false
      ? null
      : await startEngine({
          ...{
            db,
            pool,
            gateway,
            targets,
            checks: { ...CHECKS, targets: targets.types },
            crash: options.crash ?? neverCrash,
            logger: LOGGER,
            now: Date.now,
          },
          workers: 4,
          maxActiveRollouts: 1_000,
        });

  const ok = (answer: Answer): unknown => {
    if (answer.status < 300) return answer.body;
    throw new Error(`${answer.status}: ${answer.text}`);
  };
  const until: Delivery["until"] = async (id, holds) => {
    const deadline = Date.now() + WITHIN_MS;
    for (;;) {
      const rollout = await delivery.rollout(id);
      if (holds(rollout)) return rollout;
      if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(rollout, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const delivery: Delivery = {
    ...api,
    runtime,
    gateway,
    live,
    create: async (name, body) =>
      ok(await api.ask("POST", "/v1/deployments", { body: { ...bodyOf(name), ...body } })) as {
        deployment: DeploymentView;
        rollout: RolloutView;
      },
    async serve(name, body) {
      const { deployment, rollout } = await delivery.create(name, body);
      const { phase, reason } = await delivery.ended(rollout.id);
      if (phase !== "completed") throw new Error(`the first rollout of ${name} is ${phase}: ${reason}`);
      return delivery.deployment(deployment.id);
    },
    patch: (id, body) => api.ask("PATCH", `/v1/deployments/${id}`, { body }),
    async rollOut(id, body) {
      const { rollout } = ok(await delivery.patch(id, body)) as { rollout: RolloutView | null };
      if (rollout === null) throw new Error("nothing was rolled out");
      return rollout;
    },
    deployment: async (id) => ok(await api.ask("GET", `/v1/deployments/${id}`)) as DeploymentView,
    rollout: async (id) => ok(await api.ask("GET", `/v1/rollouts/${id}`)) as RolloutView,
    until,
    ended: (id) => until(id, (rollout) => rollout.outcome !== null),
    async close() {
      await engine?.close();
      await api.close();
    },
  };
  if (options.auth !== true) await addGreeter(api);
  return delivery;
}

export const bodyOf = (name: string) => ({
  name,
  artifact: "greeter",
  version: "1.0.0",
  environment: "development",
  route: { path: `/${name}` },
});

/** A canary that stands at 5 % until somebody approves. */
export const WAITING_CANARY = {
  type: "canary",
  steps: [{ setWeight: 5 }, { wait: { approval: true } }, { setWeight: 100 }],
};

/** The artifact `greeter` with the versions 1.0.0, 1.1.0 and 1.2.0, which differ in a variable and in their components. */
export async function addGreeter(api: Pick<TestApp, "ask">, headers: Record<string, string> = {}): Promise<void> {
  await api.ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "application" }, headers });
  for (const version of ["1.0.0", "1.1.0", "1.2.0"]) {
    const spec = {
      command: ["node", "server.mjs"],
      workdir: "examples/greeter",
      env: { VERSION: version },
      components: { retriever: `r-${version}`, ranker: `k-${version}` },
    };
    await api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version, spec }, headers });
  }
}
