import { SluiceError } from "@sluice/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Delivery, startDelivery } from "../deployment/testing/delivery.fixture.ts";

/** Every so many places at which the engine can be cut off, it is. */
const EVERY = 23;

let api: Delivery;
let passed = 0;
let cuts = 0;
let sharp = false;

beforeAll(async () => {
  api = await startDelivery({
    crash: (point) => {
      passed += 1;
      if (!sharp || passed % EVERY !== 0) return;
      cuts += 1;
      throw new SluiceError("aborted", `cut off at ${point}`);
    },
  });
});
afterAll(() => api.close());

test("waves lose nothing and begin nothing twice, wherever the engine is cut off", async () => {
  const targets = ["eu", "us", "asia"].map((name) => ({ type: "process", name }));
  await api.ask("PUT", "/v1/environments/cut", {
    body: { targets, waves: [{ targets: ["eu"] }, { targets: ["us", "asia"] }] },
  });
  const { id } = await api.serve("cut", { environment: "cut" });
  sharp = true;
  const steps = [{ setWeight: 20 }, { wait: { seconds: 1 } }];
  const forward = await api.rollOut(id, { version: "1.1.0", strategy: { type: "canary", steps } });
  expect(await api.ended(forward.id)).toMatchObject({ phase: "completed" });
  const { body } = await api.ask("POST", `/v1/deployments/${id}/rollback`, { body: { reason: "no" } });
  const back = body as { id: string };
  expect(await api.ended(back.id)).toMatchObject({ phase: "completed", toRevision: 1 });
  sharp = false;
  expect(cuts).toBeGreaterThan(5);
  const { rows } = await api.database.pool.query(
    `select part_of, count(*)::integer as begun, count(distinct deployment_id)::integer as members
     from rollouts where part_of = any($1) group by part_of`,
    [[forward.id, back.id]],
  );
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row).toMatchObject({ begun: 3, members: 3 });
  const { members } = await api.deployment(id);
  expect(members?.map(({ version }) => version)).toEqual(["1.0.0", "1.0.0", "1.0.0"]);
});
