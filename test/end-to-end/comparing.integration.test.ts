import { ok } from "@sluice/client";
import { afterAll, beforeAll, test } from "vitest";
import { command, ended, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic } from "./traffic.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem({ SLUICE_REGION_HEADER: "x-edge-region" });
});

afterAll(() => system?.[Symbol.asyncDispose]());

/** Version 1.0.0 serves; 1.1.0 is the candidate. */
async function served(name: string) {
  const delivery = await newDelivery(system, name);
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0");
  await delivery.deliver("1.0.0");
  return delivery;
}

test.concurrent("blue-green: the candidate has an address of its own until the switch, and nobody else gets it", async ({
  expect,
}) => {
  const delivery = await served("preview");
  const preview = `${system.gatewayUrl}/preview-next`;
  const strategy = { type: "blue-green" as const, previewRoute: "/preview-next/" };
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  await reaches(system, rollout, ({ step }) => step === 2);
  expect(await ask(preview)).toMatchObject({ status: 200, version: "1.1.0" });
  expect(await ask(`${delivery.url}`)).toMatchObject({ status: 200, version: "1.0.0" });

  const other = await served("preview-other");
  const taken = { version: "1.1.0", strategy };
  const refused = {
    status: 409,
    body: { detail: expect.stringContaining("the preview of deployment preview in development") },
  };
  const plan = { ...taken, deployment: other.name, environment: "development" };
  expect(await system.send("POST", "/v1/rollouts/plan", plan)).toMatchObject(refused);
  expect(await system.send("PATCH", `/v1/deployments/${other.name}?environment=development`, taken)).toMatchObject(
    refused,
  );

  await command(system, rollout, "promote");
  expect(await ended(system, rollout)).toMatchObject({ phase: "completed" });
  expect((await ask(preview)).status).toBe(404);
  expect(await ask(delivery.url)).toMatchObject({ status: 200, version: "1.1.0" });
});

test.concurrent("shadow: ends in a report of how the copies' answers differ, but for what may differ", async ({
  expect,
}) => {
  const delivery = await served("shadowed");
  const traffic = sendTraffic(`${delivery.url}/cart?token=secret`, 20);
  const compare = { bodies: "json" as const, ignore: ["/pid"] };
  const strategy = { type: "shadow" as const, durationSeconds: 600, compare };
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  const seen = await reaches(system, rollout, ({ shadow }) => (shadow?.bodyMismatches ?? 0) >= 20);
  expect(seen.shadow).toMatchObject({ statusMismatches: 0 });
  expect(seen.shadow?.examples[0]).toEqual({
    method: "GET",
    path: "/cart",
    stable: 200,
    candidate: 200,
    difference: '/version: "1.0.0" against "1.1.0"',
  });
  await command(system, rollout, "promote");
  const end = await ended(system, rollout);
  expect(end).toMatchObject({ phase: "completed", shadow: { bodyMismatches: expect.any(Number) } });
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
  expect([...traffic.versions.keys()]).toEqual(["1.0.0"]);
});

test.concurrent("ab: the version whose callers come to the goal more often wins and is promoted", async ({
  expect,
}) => {
  const delivery = await served("goals");
  const strategy = {
    type: "ab" as const,
    percentage: 50,
    durationSeconds: 600,
    goal: "signup",
    promoteWinner: true,
    analysis: { falseRollbackRate: 0.05, metrics: [{ name: "error_rate" as const }] },
  };
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  await reaches(system, rollout, ({ step, goal }) => step === 1 && goal !== null);

  // The application: every second caller of the candidate signs up, every twentieth of stable.
  let asked = 0;
  let stopped = false;
  const caller = async (): Promise<void> => {
    while (!stopped) {
      asked += 1;
      const { version, headers } = await ask(delivery.url);
      if (asked % (version === "1.1.0" ? 2 : 20) !== 0) continue;
      const params = { path: { id: delivery.name }, query: { environment: "development" } };
      const body = { goal: "signup", revision: Number(headers["x-sluice-revision"]), key: `caller ${asked}` };
      await ok(system.client.http.POST("/v1/deployments/{id}/goals", { params, body }));
    }
  };
  const callers = Promise.all([caller(), caller()]);
  const end = await ended(system, rollout, 100_000).finally(() => {
    stopped = true;
  });
  await callers;
  expect(end).toMatchObject({ phase: "completed", goal: { goal: "signup", winner: "candidate" } });
  expect(end.goal?.message).toMatch(/^signup: \d+ goals in \d+ requests .* on revision 2 against .* so it wins$/);
  expect(await ask(delivery.url)).toMatchObject({ version: "1.1.0" });
});

test.concurrent("ab: callers of a region get the candidate, as the front proxy's header says", async ({ expect }) => {
  const delivery = await served("regional");
  const strategy = { type: "ab" as const, match: { region: "eu-west" }, durationSeconds: 600 };
  const rollout = await delivery.update({ version: "1.1.0", strategy });
  await reaches(system, rollout, ({ step }) => step === 1);
  expect((await ask(delivery.url, { "x-edge-region": "EU-West" })).version).toBe("1.1.0");
  expect((await ask(delivery.url, { "x-edge-region": "us-east" })).version).toBe("1.0.0");
  expect((await ask(delivery.url, { "x-sluice-region": "eu-west" })).version).toBe("1.0.0");
  await command(system, rollout, "cancel");
  await until("stable answers everybody", async () => {
    return (await ask(delivery.url, { "x-edge-region": "eu-west" })).version === "1.0.0";
  });
});
