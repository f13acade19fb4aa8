import { type Client, type Deployment, ok, type Rollout } from "@sluice/client";
import type { Load, Seen } from "./load.ts";

/** A rollout and what users saw of it. */
export interface Chapter {
  title: string;
  version: string;
  rollout: Rollout;
  seconds: number;
  seen: Seen;
}

const STEPS = [
  { setWeight: 5 },
  { analyze: { seconds: 5 } },
  { setWeight: 25 },
  { analyze: { seconds: 4 } },
  { setWeight: 100 },
];

const VERSIONS = [
  { version: "1.0.0", mode: "good" },
  { version: "1.1.0", mode: "good" },
  { version: "1.2.0", mode: "failing" },
  { version: "1.3.0", mode: "slow" },
];

/** Registers the program and its four versions. Doing so twice is fine: versions never change. */
export async function register(sluice: Client): Promise<void> {
  await ok(sluice.http.POST("/v1/artifacts", { body: { name: "greeter", kind: "application" } })).catch(ifTaken);
  for (const { version, mode } of VERSIONS) {
    const spec = {
      command: ["node", "server.mjs"],
      workdir: "examples/greeter",
      env: { MODE: mode, VERSION: version },
    };
    await ok(
      sluice.http.POST("/v1/artifacts/{name}/versions", {
        params: { path: { name: "greeter" } },
        body: { version, spec },
      }),
    );
  }
}

/** Removes the deployment of an earlier demo, so that the story begins at its beginning. */
export async function clear(sluice: Client): Promise<void> {
  const path = { id: "greeter" };
  const query = { environment: "production" };
  const existing = await ok(sluice.http.GET("/v1/deployments", { params: { query } }));
  if (!existing.items.some((deployment) => deployment.name === "greeter")) return;
  await ok(sluice.http.DELETE("/v1/deployments/{id}", { params: { path, query } }));
  for (;;) {
    const { items } = await ok(sluice.http.GET("/v1/deployments", { params: { query } }));
    if (!items.some((deployment) => deployment.name === "greeter")) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The first delivery: nothing to compare with, so traffic comes as soon as the program is ready. */
export async function deliver(sluice: Client): Promise<{ deployment: Deployment; rollout: Rollout }> {
  const { deployment, rollout } = await ok(
    sluice.http.POST("/v1/deployments", {
      body: {
        name: "greeter",
        artifact: "greeter",
        version: "1.0.0",
        environment: "production",
        config: { replicas: 2, healthCheck: { path: "/healthz", intervalSeconds: 1 } },
        route: { path: "/greeter" },
      },
    }),
  );
  return { deployment, rollout: await sluice.waitForRollout(rollout.id, { timeoutMs: 30_000 }) };
}

/** Takes the deployment to another version as a canary, under load, and tells what users saw until it ended. */
export async function canary(
  sluice: Client,
  load: Load,
  chapter: { title: string; deployment: string; version: string; onUpdate: (rollout: Rollout) => void },
): Promise<Chapter> {
  load.take();
  const begun = performance.now();
  const { rollout } = await ok(
    sluice.http.PATCH("/v1/deployments/{id}", {
      params: { path: { id: chapter.deployment } },
      body: {
        version: chapter.version,
        strategy: { type: "canary", steps: STEPS, monitoringSeconds: 3, analysis: { minimumSamples: 20 } },
      },
    }),
  );
  if (rollout === null) throw new Error(`version ${chapter.version} is running already`);
  const ended = await sluice.waitForRollout(rollout.id, {
    timeoutMs: 60_000,
    intervalMs: 200,
    onUpdate: chapter.onUpdate,
  });
  const seconds = (performance.now() - begun) / 1_000;
  return { title: chapter.title, version: chapter.version, rollout: ended, seconds, seen: load.take() };
}

function ifTaken(error: unknown): void {
  if (!(error instanceof Error && "status" in error && error.status === 409)) throw error;
}
