import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Delivery, startDelivery } from "../deployment/testing/delivery.fixture.ts";
import { createBreakingRuntime } from "./testing/breaking.runtime.ts";
import { createSimulatedRuntime } from "./testing/simulated.runtime.ts";

const DEADLINE_SECONDS = 1;

const far = createBreakingRuntime(createSimulatedRuntime(1));
let api: Delivery;

beforeAll(async () => {
  far.breakAt(2);
  const connection = { runtime: far.runtime, plane: null, close: async () => undefined };
  api = await startDelivery({ docker: async () => connection });
});
afterAll(() => api.close());

// edge case 42
test("an outage longer than the progress deadline is no reason to turn back", async () => {
  const targets = [{ type: "docker", host: "tcp://far:2375" }];
  await api.ask("PUT", "/v1/environments/far", { body: { targets, validationLevel: "basic" } });
  await api.ask("POST", "/v1/artifacts", { body: { name: "imaged", kind: "application" } });
  for (const version of ["1.0.0", "1.1.0"]) {
    const spec = { image: "greeter", command: ["node", "/server.mjs"], env: { VERSION: version } };
    await api.ask("POST", "/v1/artifacts/imaged/versions", { body: { version, spec } });
  }
  const config = { replicas: 2, progressDeadlineSeconds: DEADLINE_SECONDS };
  const { id } = await api.serve("torn", { environment: "far", artifact: "imaged", config });
  const rollout = await api.rollOut(id, { version: "1.1.0", strategy: { type: "immediate" } });
  await api.until(rollout.id, () => !far.reachable);
  // The outage is to be longer than the deadline: there is nothing to wait for but time.
  await delay(3_000 * DEADLINE_SECONDS);
  far.mend();
  expect(await api.ended(rollout.id)).toMatchObject({ phase: "completed" });
});
