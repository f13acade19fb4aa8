import { type Client, type Deployment, ok, type paths, type Rollout } from "@sluice/client";
import type { Load, Seen } from "./load.ts";

/** A rollout and what users saw of it. */
export interface Chapter {
  version: string;
  rollout: Rollout;
  seconds: number;
  seen: Seen;
}

type Strategy = NonNullable<
  NonNullable<paths["/v1/deployments/{id}"]["patch"]["requestBody"]>["content"]["application/json"]["strategy"]
>;
type Step = { setWeight: number } | { analyze: { seconds: number } } | { wait: { approval: true } };

const NAME = "greeter";
const ENVIRONMENT = "production";
const GATE = "greeter-quality";

const VERSIONS = [
  { version: "1.0.0", mode: "good" },
  { version: "1.1.0-rc.1", mode: "good" },
  { version: "1.1.0-rc.2", mode: "insecure" },
  { version: "1.1.0", mode: "good" },
  { version: "1.2.0", mode: "failing" },
  { version: "1.3.0", mode: "slow" },
];

/** Registers the program and its versions. Doing so twice is fine: versions never change. */
export async function register(sluice: Client): Promise<void> {
  await ok(sluice.http.POST("/v1/artifacts", { body: { name: NAME, kind: "application" } })).catch(ifTaken);
  for (const { version, mode } of VERSIONS) {
    const spec = {
      command: ["node", "server.mjs"],
      workdir: "examples/greeter",
      env: { MODE: mode, VERSION: version },
    };
    await ok(
      sluice.http.POST("/v1/artifacts/{name}/versions", { params: { path: { name: NAME } }, body: { version, spec } }),
    );
  }
}

/** Removes the deployment and the gate of an earlier demo, so that the story begins at its beginning. */
export async function clear(sluice: Client): Promise<void> {
  const { items: gates } = await ok(sluice.http.GET("/v1/gates", { params: { query: { artifact: NAME } } }));
  if (gates.some(({ name }) => name === GATE)) await removeGate(sluice);
  const path = { id: NAME };
  const query = { environment: ENVIRONMENT };
  const existing = await ok(sluice.http.GET("/v1/deployments", { params: { query } }));
  if (!existing.items.some((deployment) => deployment.name === NAME)) return;
  await ok(sluice.http.DELETE("/v1/deployments/{id}", { params: { path, query } }));
  for (;;) {
    const { items } = await ok(sluice.http.GET("/v1/deployments", { params: { query } }));
    if (!items.some((deployment) => deployment.name === NAME)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The first delivery: nothing to compare with, so traffic comes as soon as the program is ready. */
export async function deliver(sluice: Client): Promise<{ deployment: Deployment; rollout: Rollout }> {
  const { deployment, rollout } = await ok(
    sluice.http.POST("/v1/deployments", {
      body: {
        name: NAME,
        artifact: NAME,
        version: "1.0.0",
        environment: ENVIRONMENT,
        config: {
          replicas: 2,
          healthCheck: { path: "/healthz", intervalSeconds: 1 },
          resources: { limits: { cpu: "1", memory: "512Mi" } },
        },
        route: { path: "/greeter" },
      },
    }),
  );
  return { deployment, rollout: await sluice.waitForRollout(rollout.id, { timeoutMs: 60_000 }) };
}

/** From here on a version must have an accuracy of 0.9 on the dataset `smoke`. */
export async function createGate(sluice: Client): Promise<void> {
  await ok(
    sluice.http.PUT("/v1/gates/{name}", {
      params: { path: { name: GATE } },
      body: {
        artifact: NAME,
        environment: ENVIRONMENT,
        conditions: [
          { type: "eval_score", metric: "accuracy", dataset: "smoke", operator: "gte", threshold: 0.9, required: true },
        ],
      },
    }),
  );
}

/** Takes the gate away again: whoever plays with the greeter afterwards need not evaluate it. */
export async function removeGate(sluice: Client): Promise<void> {
  await ok(sluice.http.DELETE("/v1/gates/{name}", { params: { path: { name: GATE } } }));
}

/** Records what an evaluation of the version found. */
export async function evaluate(sluice: Client, version: string, accuracy: number): Promise<void> {
  await ok(
    sluice.http.POST("/v1/evaluations", {
      body: { artifact: NAME, version, dataset: "smoke", metrics: { accuracy }, sampleCount: 200, source: "demo" },
    }),
  );
}

/** Asks the candidate itself, before it has any traffic. */
const TESTS = {
  functional: [
    {
      name: "greets",
      request: { path: "/" },
      expect: { status: 200, json: { "$.greeting": "Hello" } },
    },
  ],
  securityTest: true,
  loadTest: true,
  concurrentUsers: 5,
  testDuration: 2,
};

/** A canary in three steps. Stable keeps a tenth while the candidate is monitored: compared beside, not with before. */
export function canaryOf({ tested, approved }: { tested: boolean; approved: boolean }): Strategy {
  const steps: Step[] = [
    { setWeight: 5 },
    { analyze: { seconds: 5 } },
    { setWeight: 25 },
    { analyze: { seconds: 4 } },
    ...(approved ? [{ wait: { approval: true as const } }] : []),
    { setWeight: 100 },
  ];
  return {
    type: "canary",
    steps,
    monitoringSeconds: 3,
    holdbackPercentage: 10,
    tests: tested ? TESTS : null,
    analysis: { minimumSamples: 20, metrics: [{ name: "error_rate" }, { name: "latency", maxIncreaseMs: 25 }] },
  };
}

/** Takes the deployment to another version under load, and tells what users saw until the rollout ended. */
export async function roll(
  sluice: Client,
  load: Load,
  to: { deployment: string; version: string; strategy: Strategy; onUpdate: (rollout: Rollout) => void },
): Promise<Chapter> {
  load.take();
  const begun = performance.now();
  const { rollout } = await ok(
    sluice.http.PATCH("/v1/deployments/{id}", {
      params: { path: { id: to.deployment } },
      body: { version: to.version, strategy: to.strategy },
    }),
  );
  if (rollout === null) throw new Error(`version ${to.version} is running already`);
  const ended = await sluice.waitForRollout(rollout.id, { timeoutMs: 90_000, intervalMs: 200, onUpdate: to.onUpdate });
  return { version: to.version, rollout: ended, seconds: (performance.now() - begun) / 1_000, seen: load.take() };
}

function ifTaken(error: unknown): void {
  if (!(error instanceof Error && "status" in error && error.status === 409)) throw error;
}
