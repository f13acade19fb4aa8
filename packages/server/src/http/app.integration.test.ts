import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
let address: string;
beforeAll(async () => {
  api = await testApp({ bodyLimit: 2_048 });
  address = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => api.close());

test("an unknown path is a problem that names what is near it", async () => {
  expect(await api.ask("GET", "/v1/artifacts/a/version")).toMatchObject({
    status: 404,
    headers: { "content-type": "application/problem+json" },
    body: {
      type: "urn:sluice:error:not_found",
      status: 404,
      code: "not_found",
      detail: expect.stringContaining("/v1/artifacts/:name/versions"),
      instance: expect.stringMatching(/^urn:uuid:/),
    },
  });
});

test("a method that a path does not have is 405 with those that it has", async () => {
  expect(await api.ask("DELETE", "/v1/artifacts/greeter")).toMatchObject({ status: 405, headers: { allow: "GET" } });
});

test("what is no JSON, too large or of another type is refused", async () => {
  const send = (payload: string, type = "application/json") =>
    api.app.inject({ method: "POST", url: "/v1/artifacts", payload, headers: { "content-type": type } });
  expect((await send("{oops")).statusCode).toBe(400);
  expect((await send("{}", "text/csv")).statusCode).toBe(415);
  const large = await send(JSON.stringify({ name: "x".repeat(3_000) }));
  expect([large.statusCode, large.json().code]).toEqual([413, "resource_exhausted"]);
  expect((await send('{"__proto__": {"admin": true}}')).statusCode).toBe(400);
});

test("every bad field is named with what was found and what is allowed", async () => {
  const { body } = await api.ask("POST", "/v1/artifacts", { body: { name: "Greeter", kind: "app", label: {} } });
  expect(body).toMatchObject({ code: "invalid_argument" });
  expect((body as { errors: unknown[] }).errors).toEqual([
    { field: "name", found: "Greeter", allowed: expect.stringContaining("a-z") },
    { field: "kind", found: "app", allowed: expect.stringContaining("application") },
    { field: "label", found: {}, allowed: expect.stringContaining("labels") },
  ]);
});

test("without authentication a web page gets nothing, whatever it asks", async () => {
  const headers = { origin: "http://evil.example" };
  for (const url of ["/v1/artifacts", "/v1/events", "/metrics", "/openapi.json", "/nowhere"]) {
    expect([url, (await fetch(`${address}${url}`, { headers })).status]).toEqual([url, 403]);
  }
  expect((await fetch(`${address}/v1/artifacts`, { method: "POST", headers, body: "{}" })).status).toBe(403);
  expect((await fetch(`${address}/v1/artifacts`, { headers: { origin: address } })).status).toBe(200);
});

test("without authentication whoever shows a token is its owner, and no more", async () => {
  const made = await api.ask("POST", "/v1/tokens", { body: { name: "bob", role: "viewer" } });
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const { token } = made.body as { token: string };
  expect((await api.ask("GET", "/v1/artifacts", as(token))).status).toBe(200);
  const refused = await api.ask("POST", "/v1/artifacts", { body: { name: "bobs", kind: "application" }, ...as(token) });
  expect(refused.status).toBe(403);
  expect((await api.ask("GET", "/v1/artifacts", as("slu_unknown"))).status).toBe(401);
});

test("a name that somebody points at this machine is refused", async () => {
  const { port } = new URL(address);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.end(`GET /v1/artifacts HTTP/1.1\r\nHost: evil.example:${port}\r\nConnection: close\r\n\r\n`);
    });
    socket.once("data", (data) => resolve(String(data)));
    socket.once("error", reject);
  });
  expect(answer).toContain("403");
});

test("answers carry the headers that keep browsers careful", async () => {
  expect((await api.ask("GET", "/v1/artifacts")).headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test("callers are held to their rate, and told when to come back", async () => {
  const limited = await testApp({ rateLimit: 3 });
  try {
    const statuses = [];
    for (let at = 0; at < 4; at += 1) statuses.push((await limited.ask("GET", "/v1/artifacts")).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(await limited.ask("GET", "/v1/artifacts")).toMatchObject({
      headers: { "retry-after": expect.anything(), "content-type": "application/problem+json" },
      body: { code: "resource_exhausted" },
    });
    expect(await limited.ask("GET", "/healthz")).toMatchObject({ status: 200 });
  } finally {
    await limited.close();
  }
});

test("a request that waits too long is answered, and what it would have changed can be asked for", async () => {
  const slow = await testApp({ handlerTimeout: 100 });
  const { db } = slow.database;
  const blocker = await db.startTransaction().execute();
  try {
    await blocker.selectFrom("audit_heads").selectAll().forUpdate().execute();
    const body = { name: "late", kind: "agent" };
    expect(await slow.ask("POST", "/v1/artifacts", { body })).toMatchObject({
      status: 504,
      body: { code: "deadline_exceeded" },
    });
  } finally {
    await blocker.rollback().execute();
  }
  await expect.poll(() => slow.ask("GET", "/v1/artifacts/late")).toMatchObject({ status: 200 });
  await slow.close();
});

test("metrics are Prometheus text, or JSON when asked", async () => {
  await api.ask("GET", "/v1/artifacts");
  const text = await api.ask("GET", "/metrics");
  expect(text.headers["content-type"]).toContain("text/plain");
  expect(text.text).toMatch(
    /sluice_http_request_duration_seconds_count\{method="GET",route="\/v1\/artifacts",status="200"\} \d+/,
  );
  expect(text.text).toContain("process_cpu_seconds_total");
  const json = await api.ask("GET", "/metrics", { headers: { accept: "application/json" } });
  expect(json.body).toMatchObject({
    metrics: { total_deployments: 0, success_rate: 0 },
    samples: expect.arrayContaining([expect.objectContaining({ name: "sluice_rollouts", type: "gauge" })]),
  });
});

test("a bug shows its id and nothing else", async () => {
  await api.database.pool.query("alter table projects rename to elsewhere");
  const answer = await api.ask("GET", "/v1/projects");
  await api.database.pool.query("alter table elsewhere rename to projects");
  expect(answer).toMatchObject({ status: 500, body: { code: "internal", title: "Internal error" } });
  expect(answer.text).not.toContain("relation");
});
