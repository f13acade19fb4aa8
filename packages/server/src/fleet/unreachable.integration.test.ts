import { afterAll, beforeAll, expect, test } from "vitest";
import { type Delivery, startDelivery } from "../deployment/testing/delivery.fixture.ts";
import { createBreakingRuntime } from "../engine/testing/breaking.runtime.ts";
import { createSimulatedRuntime } from "../engine/testing/simulated.runtime.ts";

const far = createBreakingRuntime(createSimulatedRuntime(1));
let api: Delivery;

beforeAll(async () => {
  const connection = { runtime: far.runtime, plane: null, close: async () => undefined };
  api = await startDelivery({ docker: async () => connection });
});
afterAll(() => api.close());

const versionsAt = async (id: string) => (await api.deployment(id)).members?.map(({ version }) => version);

test("a target that cannot be reached is waited for with the reason, going and coming back, and the others are left as they are", async () => {
  const targets = [
    { type: "process", name: "near" },
    { type: "docker", name: "far", host: "tcp://far:2375" },
    { type: "process", name: "last" },
  ];
  await api.ask("PUT", "/v1/environments/torn", { body: { targets, validationLevel: "basic" } });
  await api.ask("POST", "/v1/artifacts", { body: { name: "imaged", kind: "application" } });
  for (const version of ["1.0.0", "1.1.0"]) {
    const spec = { image: "greeter", command: ["node", "/server.mjs"], env: { VERSION: version } };
    await api.ask("POST", "/v1/artifacts/imaged/versions", { body: { version, spec } });
  }
  const { id } = await api.serve("torn", { environment: "torn", artifact: "imaged" });
  far.breakAt(2);
  const rollout = await api.rollOut(id, { version: "1.1.0" });
  const waits = await api.until(rollout.id, ({ members }) => (members?.[1]?.reason ?? null) !== null);
  expect(waits.members).toMatchObject([
    { target: "near", state: "done" },
    { target: "far", state: "underway", reason: "docker tcp://far:2375: connection refused" },
    { target: "last", state: "waiting", rollout: null },
  ]);
  expect(waits.explanation).toContain("waits for far (docker tcp://far:2375: connection refused)");
  expect((await api.deployment(id)).members?.[1]?.trouble).toBe("docker tcp://far:2375: connection refused");

  await api.ask("POST", `/v1/rollouts/${rollout.id}/cancel`);
  const returning = await api.until(rollout.id, ({ members }) => members?.[0]?.weight === 0);
  expect(returning).toMatchObject({ phase: "rolling_back", outcome: null });
  await expect.poll(() => versionsAt(id)).toEqual(["1.0.0", "1.0.0", "1.0.0"]);
  expect((await api.rollout(rollout.id)).phase).toBe("rolling_back");
  far.mend();
  expect(await api.ended(rollout.id)).toMatchObject({ phase: "cancelled" });
  expect(await versionsAt(id)).toEqual(["1.0.0", "1.0.0", "1.0.0"]);
});
