import { stat } from "node:fs/promises";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { startGatewayChild, temporaryFolder } from "../testing/gateway.child.ts";
import { startTextInstance } from "../testing/gateway.fixture.ts";
import { backend, guardConfig, routeConfig, split } from "../testing/route.fixture.ts";
import { connectGateway } from "./admin.client.ts";
import { adminFile } from "./admin.file.ts";

async function startAdmin() {
  const dataDir = await temporaryFolder();
  const running = await startGatewayChild(dataDir);
  const call = async (
    method: "GET" | "PUT" | "POST" | "DELETE",
    path: string,
    body?: unknown,
    token = running.token,
  ) => {
    const answer = await request(`http://127.0.0.1:${running.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      body: typeof body === "string" || body === undefined ? (body ?? null) : JSON.stringify(body),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, text, json: (): unknown => JSON.parse(text) };
  };
  return { dataDir, call, admin: connectGateway(adminFile(dataDir)), ...running };
}

describe("the admin API", () => {
  test("takes, shows and removes routes", async () => {
    const { admin, call, url } = await startAdmin();
    const instance = await startTextInstance("here");
    const observed = await admin.putRoute(routeConfig({ backends: [backend(1, instance.port)] }));
    expect(observed).toMatchObject({ id: "dep_1", epoch: 1, usable: [{ revision: 1, endpoints: 1 }], guard: null });
    expect(await (await request(url)).body.text()).toBe("here");
    expect((await call("GET", "/routes/dep_1")).json()).toMatchObject({
      id: "dep_1",
      stats: [{ revision: 1, requests: 1 }],
    });
    expect(await admin.metrics()).toContain(
      'sluice_gateway_requests_total{project="default",deployment="greeter",route="dep_1",revision="1",class="2xx"} 1',
    );
    await admin.deleteRoute("dep_1", 1);
    await admin.deleteRoute("dep_1");
    expect((await call("GET", "/routes/dep_1")).status).toBe(404);
    expect((await request(url)).statusCode).toBe(404);
  });

  test("streams a snapshot at once and then several a second, until it is told to stop", async () => {
    const { admin } = await startAdmin();
    const controller = new AbortController();
    const times: number[] = [];
    for await (const { observedAt } of admin.stream(controller.signal)) {
      times.push(observedAt);
      if (times.length === 3) controller.abort();
    }
    expect(times).toHaveLength(3);
  });

  test("lets nobody in without the token, which only the owner can read", async () => {
    const { call, dataDir, port } = await startAdmin();
    expect((await call("GET", "/snapshot", undefined, "wrong")).status).toBe(401);
    expect((await call("PUT", "/routes/dep_1", routeConfig(), "")).status).toBe(401);
    expect((await request(`http://127.0.0.1:${port}/healthz`)).statusCode).toBe(200);
    expect((await stat(adminFile(dataDir))).mode & 0o777).toBe(0o600);
  });

  test("refuses a stale epoch with 409 and the reason", async () => {
    const { call } = await startAdmin();
    expect((await call("PUT", "/routes/dep_1", routeConfig({ epoch: 7 }))).status).toBe(200);
    const refused = await call("PUT", "/routes/dep_1", routeConfig({ epoch: 6 }));
    expect(refused.status).toBe(409);
    expect(refused.json()).toMatchObject({
      code: "aborted",
      detail: "route dep_1: epoch 6 is older than 7, which is in force",
    });
    expect((await call("DELETE", "/routes/dep_1?epoch=6")).status).toBe(409);
  });

  test.each([
    ["no JSON", "{", "the body"],
    ["a list", [], "the body"],
    ["an unknown field", { ...routeConfig(), wieght: 1 }, "wieght"],
    ["a weight over 100 %", routeConfig({ split: split(10_001) }), "split[0].weight"],
    ["weights that do not add up", routeConfig({ split: [{ revision: 1, weight: 9_999 }] }), "split"],
    ["a revision twice", routeConfig({ split: [...split(0), { revision: 1, weight: 0 }] }), "split"],
    [
      "a negative timeout",
      routeConfig({ timeouts: { connectMs: -1, responseMs: 1, idleMs: 1 } }),
      "timeouts.connectMs",
    ],
    ["a port that is none", routeConfig({ backends: [backend(1, 65_536)] }), "backends[0].endpoints[0].port"],
    ["a path without a slash", routeConfig({ match: { path: "greeter" } }), "match.path"],
    ["a cookie that breaks headers", routeConfig({ stickiness: { by: "cookie", name: "a;b" } }), "stickiness.name"],
    ["an alpha of 1", routeConfig({ guard: guardConfig({ alpha: 1 }) }), "guard.alpha"],
    ["another id than the path's", routeConfig({ id: "dep_2" }), "id"],
  ])("refuses %s and names the field", async (_name, body, field) => {
    const { call } = await startAdmin();
    const refused = await call("PUT", "/routes/dep_1", body);
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({ code: "invalid_argument", detail: expect.stringContaining(field) });
    expect((await call("GET", "/snapshot")).json()).toMatchObject({ routes: [] });
  });

  test("refuses a body that is too long, and knows what it has not", async () => {
    const { call } = await startAdmin();
    expect((await call("PUT", "/routes/dep_1", `"${"x".repeat(5_000_000)}"`)).status).toBe(413);
    expect((await call("GET", "/nothing")).status).toBe(404);
    expect((await call("PUT", "/routes/%ff", routeConfig())).status).toBe(404);
    expect((await call("POST", "/routes/dep_1", {})).status).toBe(405);
    expect((await call("DELETE", "/routes/dep_1?epoch=-1")).status).toBe(400);
    expect((await call("GET", "/snapshot")).status).toBe(200);
  });
});
