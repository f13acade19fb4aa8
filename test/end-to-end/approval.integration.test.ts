import { createClient, ok, type Rollout } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONFIG, type Delivery, ended, newDelivery, reaches } from "./delivery.ts";
import { type System, startSystem } from "./system.ts";
import { ask } from "./traffic.ts";

let system: System;
let delivery: Delivery;

beforeAll(async () => {
  system = await startSystem({ SLUICE_AUTH: "on" });
  const protection = { requiredApprovals: 2, fourEyes: true };
  await ok(
    system.client.http.PUT("/v1/environments/{name}", {
      params: { path: { name: "guarded" } },
      body: { tier: "custom", protection },
    }),
  );
  delivery = await newDelivery(system, "greeter", "guarded");
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0");
});

afterAll(() => system?.[Symbol.asyncDispose]());

/** Somebody with a token of this role. */
async function somebody(name: string, role: "viewer" | "deployer" | "approver", environment: string | null = null) {
  const { token, id } = await ok(system.client.http.POST("/v1/tokens", { body: { name, role, environment } }));
  const { http } = createClient({ url: system.url, token });
  return {
    id,
    headers: { authorization: `Bearer ${token}` },
    say: (rollout: { id: string }, command: "approve" | "reject" | "rollback") =>
      ok(
        http.POST("/v1/rollouts/{id}/{command}", {
          params: { path: { id: rollout.id, command } },
          body: { comment: "" },
        }),
      ),
  };
}

/** The rollout that was asked for last. */
async function newest(): Promise<Rollout> {
  const { items } = await ok(system.client.http.GET("/v1/rollouts"));
  if (items[0] === undefined) throw new Error("no rollout");
  return items[0];
}

test("without a token nothing is told and nothing is done", async () => {
  for (const [method, path] of [
    ["GET", "/v1/deployments"],
    ["GET", "/v1/events"],
    ["POST", "/v1/artifacts"],
  ] as const) {
    const body = method === "POST" ? { name: "x", kind: "prompt" } : undefined;
    for (const headers of [{}, { authorization: "Bearer slt_wrong" }]) {
      const answer = await system.send(method, path, body, headers);
      expect({ path, status: answer.status, code: answer.body.code }).toEqual({
        path,
        status: 401,
        code: "unauthenticated",
      });
    }
  }
});

test("two other people have to approve; whoever asked, or may not, is refused; only then does anything start", async () => {
  const viewer = await somebody("vera", "viewer");
  const deployer = await somebody("dan", "deployer");
  const asker = await somebody("anna", "approver");
  const [bob, carol] = [await somebody("bob", "approver"), await somebody("carol", "approver")];
  const elsewhere = await somebody("eve", "approver", "staging");
  const body = {
    name: "greeter",
    artifact: "greeter",
    version: "1.0.0",
    environment: "guarded",
    config: CONFIG,
    route: { path: "/greeter" },
  };

  expect((await system.send("POST", "/v1/deployments", body, viewer.headers)).status).toBe(403);
  const created = await system.send("POST", "/v1/deployments", body, asker.headers);
  expect(created.status).toBe(202);
  const rollout = await newest();
  await reaches(system, rollout, ({ phase }) => phase === "awaiting_approval");

  await expect(viewer.say(rollout, "approve")).rejects.toMatchObject({ status: 403 });
  await expect(deployer.say(rollout, "approve")).rejects.toMatchObject({ status: 403 });
  await expect(elsewhere.say(rollout, "approve")).rejects.toMatchObject({
    problem: { code: expect.stringMatching(/permission_denied|not_found/) },
  });
  await expect(asker.say(rollout, "approve")).rejects.toThrow(/asked for this rollout; somebody else must approve it/);
  await bob.say(rollout, "approve");
  await expect(bob.say(rollout, "approve")).rejects.toThrow(/has approved already; somebody else must/);
  expect(await reaches(system, rollout, ({ approvals }) => approvals.length === 1)).toMatchObject({
    phase: "awaiting_approval",
  });
  expect(await delivery.pids(1)).toEqual([]);
  expect((await ask(delivery.url)).status).not.toBe(200);

  await carol.say(rollout, "approve");
  const end = await ended(system, rollout);
  expect(end).toMatchObject({ phase: "completed", triggeredBy: "anna" });
  expect(end.approvals.map(({ actor }) => actor)).toEqual(["bob", "carol"]);
  expect((await ask(delivery.url)).version).toBe("1.0.0");
});

test("a rejected rollout is cancelled with the reason, and what serves goes on", async () => {
  const asker = await somebody("arne", "deployer");
  const boss = await somebody("boss", "approver");
  const patch = await system.send(
    "PATCH",
    "/v1/deployments/greeter?environment=guarded",
    { version: "1.1.0" },
    asker.headers,
  );
  expect(patch.status).toBe(202);
  const rollout = await newest();
  await reaches(system, rollout, ({ phase }) => phase === "awaiting_approval");
  await boss.say(rollout, "reject");
  expect(await ended(system, rollout)).toMatchObject({ phase: "cancelled", reason: "rejected by boss" });
  expect((await ask(`${system.gatewayUrl}/greeter`)).version).toBe("1.0.0");
});

test("a revoked token opens nothing any more, at once", async () => {
  const gone = await somebody("gone", "viewer");
  expect((await system.send("GET", "/v1/deployments", undefined, gone.headers)).status).toBe(200);
  await ok(system.client.http.DELETE("/v1/tokens/{id}", { params: { path: { id: gone.id } } }));
  expect((await system.send("GET", "/v1/deployments", undefined, gone.headers)).status).toBe(401);
});
