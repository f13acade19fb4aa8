import { type Answer, ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newDelivery } from "./delivery.ts";
import { type System, startSystem } from "./system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.[Symbol.asyncDispose]());

type Tried = Answer<"tryDeployment", 200>;

async function tryIt(id: string, body: object): Promise<Tried> {
  const { status, body: answer } = await system.send("POST", `/v1/deployments/${id}/try?environment=development`, body);
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer as Tried;
}

test("a request at the route is answered by an instance that is named, and it is kept who asked", async () => {
  const delivery = await newDelivery(system, "tried");
  await delivery.publish("1.0.0", { GREETING: "Grüße <b>🚀</b>" });
  await delivery.deliver("1.0.0");
  const { id } = await delivery.get();
  const { items } = await ok(system.client.http.GET("/v1/deployments/{id}/instances", { params: { path: { id } } }));

  const tried = await tryIt("tried", { method: "GET", path: "/env/GREETING?token=secret" });
  expect(tried).toMatchObject({
    silent: null,
    answer: { status: 200, body: "", encoding: "text", truncated: false, revision: 1, instance: items[0]?.id },
  });
  expect((await tryIt(id, { method: "GET", path: "/env/GREETING" })).answer?.body).toBe("Grüße <b>🚀</b>");
  const { answer } = await tryIt(id, { method: "POST", path: "/orders", headers: { "X-A": "b" }, body: "{}" });
  expect(JSON.parse(answer?.body ?? "")).toMatchObject({ version: "1.0.0" });
  expect(answer?.headers).toContainEqual({ name: "content-type", value: "application/json" });

  const audit = await ok(system.client.http.GET("/v1/audit", { params: { query: { action: "deployment.try" } } }));
  expect(audit.items.map(({ detail }) => detail)).toContainEqual({ method: "GET", path: "/env/GREETING", status: 200 });
  expect(JSON.stringify(audit)).not.toContain("secret");
});

test("a deployment below another one's route is not reached through it", async () => {
  const outer = await newDelivery(system, "outer");
  const inner = await newDelivery(system, "inner");
  for (const delivery of [outer, inner]) await delivery.publish("1.0.0");
  await outer.deliver("1.0.0");
  await inner.deliver("1.0.0", { route: { path: "/outer/inner" } });
  expect((await tryIt("inner", { method: "GET", path: "/" })).answer).toMatchObject({ status: 200, revision: 1 });
  const { answer } = await tryIt("outer", { method: "GET", path: "/inner/" });
  expect(answer).toMatchObject({ status: 421, revision: null, instance: null });
  expect(answer?.body).toContain("Another deployment is served at this address");
});

test("a long answer is cut, one that is no text is told in base64, and none at all is said", async () => {
  const program = `require("http").createServer((request, response) => {
    if (request.url === "/long") return response.end("é".repeat(100_000));
    if (request.url === "/bytes") return response.end(Buffer.from([0, 255, 1]));
    if (request.url === "/healthz") return response.end();
    if (request.url === "/cut") return request.socket.destroy();
  }).listen(process.env.PORT);`;
  const delivery = await newDelivery(system, "odd");
  const spec = { command: [process.execPath, "-e", program] };
  const params = { path: { name: "odd" } };
  await ok(system.client.http.POST("/v1/artifacts/{name}/versions", { params, body: { version: "1.0.0", spec } }));
  await delivery.deliver("1.0.0");

  const long = await tryIt("odd", { method: "GET", path: "/long" });
  expect(long.answer).toMatchObject({ status: 200, encoding: "text", truncated: true });
  expect(long.answer?.body).toBe("é".repeat(65_536 / 2));
  const bytes = await tryIt("odd", { method: "GET", path: "/bytes" });
  expect(bytes.answer).toMatchObject({ body: "AP8B", encoding: "base64" });
  expect((await tryIt("odd", { method: "POST", path: "/cut" })).answer).toMatchObject({ status: 502, revision: null });
  const silent = await tryIt("odd", { method: "GET", path: "/never" });
  expect(silent).toMatchObject({ answer: null, silent: "there was no whole answer within 10 s" });
});

test("where nobody can be asked, or something else would be, it is refused in words", async () => {
  const delivery = await newDelivery(system, "unrouted");
  await delivery.publish("1.0.0");
  await ok(
    system.client.http.POST("/v1/deployments", {
      body: { name: "unrouted", artifact: "unrouted", version: "1.0.0", environment: "development" },
    }),
  );
  const send = (id: string, body: object) => system.send("POST", `/v1/deployments/${id}/try`, body);
  expect(await send("unrouted", { method: "GET", path: "/" })).toMatchObject({
    status: 409,
    body: { detail: "deployment unrouted has no route: the gateway sends it nothing" },
  });
  expect(await send("nobody", { method: "GET", path: "/" })).toMatchObject({ status: 404 });
  for (const path of ["http://127.0.0.1:1/", "//127.0.0.1:1/", "/../other", "other", ""]) {
    expect(await send("unrouted", { method: "GET", path }), path).toMatchObject({
      status: 400,
      body: { errors: [{ field: "path" }] },
    });
  }
});

test("at several targets, each is tried by itself, with the header that tells it from the others", async () => {
  const targets = ["eu", "us"].map((target) => ({ type: "process" as const, name: target }));
  const environment = { params: { path: { name: "abroad" } }, body: { targets } };
  await ok(system.client.http.PUT("/v1/environments/{name}", environment));
  const delivery = await newDelivery(system, "spread", "abroad");
  await delivery.publish("1.0.0");
  await delivery.deliver("1.0.0");
  const { id, members } = await delivery.get();
  const whole = await system.send("POST", `/v1/deployments/${id}/try`, { method: "GET", path: "/" });
  expect(whole).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining("at several targets; try it at one") },
  });
  const pids = new Set<number>();
  for (const member of members ?? []) {
    const { answer } = await tryIt(member.id, { method: "GET", path: "/" });
    expect(answer).toMatchObject({ status: 200, revision: 1 });
    pids.add(JSON.parse(answer?.body ?? "").pid);
  }
  expect(pids.size).toBe(2);
});
