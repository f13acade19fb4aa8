import { afterAll, beforeAll, expect, test } from "vitest";
import { type Delivery, startDelivery } from "../../deployment/testing/delivery.fixture.ts";
import type { PlanView } from "../../rollout/plan.schema.ts";

const ENVIRONMENT = "abroad";

let api: Delivery;
beforeAll(async () => {
  api = await startDelivery();
  await environment("eu", "us");
  await api.ask("POST", "/v1/artifacts", { body: { name: "greeting", kind: "prompt" } });
  for (const version of ["1", "2"]) {
    const spec = { text: `Answer politely, in the manner of version ${version}.` };
    await api.ask("POST", "/v1/artifacts/greeting/versions", { body: { version, spec } });
  }
});
afterAll(() => api?.close());

async function environment(...names: string[]): Promise<void> {
  const targets = names.map((name) => ({ type: "process", name }));
  const { status, text } = await api.ask("PUT", `/v1/environments/${ENVIRONMENT}`, {
    body: { tier: "custom", targets },
  });
  if (status >= 300) throw new Error(text);
}

test("a prompt in an environment with several targets is delivered once, read at the server, and its plan says so", async () => {
  const wanted = { name: "greeting", artifact: "greeting", environment: ENVIRONMENT, version: "1" };
  const planned = (await api.ask("POST", "/v1/rollouts/plan", { body: wanted })).body as PlanView;
  expect(planned.validations.find(({ name }) => name === "target")?.message).toBe(
    "a prompt is resolved, not run: no target is needed, and for all 2 of this environment it is delivered once, without waves",
  );
  expect(planned.steps.map(({ type }) => type)).not.toContain("wave");
  const { body } = await api.ask("POST", "/v1/deployments", { body: wanted });
  const { deployment, rollout } = body as { deployment: { id: string }; rollout: { id: string } };
  expect(await api.ended(rollout.id)).toMatchObject({ phase: "completed", members: null });
  expect(await api.deployment(deployment.id)).toMatchObject({ version: "1", target: null, members: null });
  const read = () => api.ask("GET", `/v1/resolve/greeting?environment=${ENVIRONMENT}&key=user-7`);
  expect((await read()).body).toMatchObject({ version: "1" });
  // Whoever reads it is at none of the targets: they may change places, which holds nothing up.
  await environment("us", "eu");
  const next = await api.rollOut(deployment.id, { version: "2" });
  expect(await api.ended(next.id)).toMatchObject({ phase: "completed", members: null });
  expect((await read()).body).toMatchObject({ version: "2" });
});
