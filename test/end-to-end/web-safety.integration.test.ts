import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "./system.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

/** One request with exactly these headers: `fetch` would not let a page's `Host` and `Origin` be written. */
async function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = "",
): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const sent = request(`${system.url}${path}`, { method, headers }, (response) => {
    const status = response.statusCode ?? 0;
    if (status === 200 && String(response.headers["content-type"]).startsWith("text/event-stream")) {
      response.destroy();
      resolve({ status, body: "a stream" });
      return;
    }
    text(response).then((answer) => resolve({ status, body: answer }), reject);
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

const ARTIFACT = JSON.stringify({ name: "planted", kind: "prompt" });

/** What a web page, or a name that it points at this machine, could try. */
const ATTEMPTS = [
  ["GET", "/v1/deployments", "application/json"],
  ["GET", "/v1/events", "text/event-stream"],
  ["GET", "/metrics", "text/plain"],
  ["GET", "/openapi.json", "application/json"],
  ["POST", "/v1/artifacts", "application/json"],
  ["DELETE", "/v1/environments/staging", "application/json"],
] as const;

const strangers = (): [string, Record<string, string>][] => {
  const { port, host } = new URL(system.url);
  return [
    ["Host", { host: "attacker.example" }],
    ["Host", { host: `attacker.example:${port}` }],
    ["Host", { host: `localhost.attacker.example:${port}` }],
    ["Host", { host: "127.0.0.1:1" }],
    ["Origin", { host, origin: "https://attacker.example" }],
    ["Origin", { host, origin: "null" }],
    ["Origin", { host, origin: `http://127.0.0.1:${Number(port) + 1}` }],
    ["Origin", { host, origin: `https://${host}` }],
    ["Origin", { host, origin: `http://localhost:${port}.attacker.example` }],
  ];
};

test.each(ATTEMPTS)("%s %s is refused to a foreign Host and a foreign Origin", async (method, path, accept) => {
  for (const [header, headers] of strangers()) {
    const body = method === "POST" ? ARTIFACT : "";
    const answer = await send(method, path, { accept, "content-type": "application/json", ...headers }, body);
    expect({ headers, status: answer.status }).toEqual({ headers, status: 403 });
    expect(JSON.parse(answer.body).detail).toContain(`${header} is`);
  }
  const { host } = new URL(system.url);
  expect((await send("GET", "/v1/artifacts/planted", { host })).status).toBe(404);
  expect((await send("GET", "/v1/environments/staging", { host })).status).toBe(200);
});

test("a page cannot write with a body that needs no preflight", async () => {
  const { host } = new URL(system.url);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    const { status } = await send("POST", "/v1/artifacts", { host, "content-type": type }, ARTIFACT);
    expect({ type, status }).toEqual({ type, status: type === "text/plain" ? 400 : 415 });
  }
  expect((await send("GET", "/v1/artifacts/planted", { host })).status).toBe(404);
});

test("no answer lets another origin read it", async () => {
  const { host, origin } = new URL(system.url);
  for (const [, path, accept] of ATTEMPTS.filter(([method]) => method === "GET")) {
    expect((await send("GET", path, { host, origin, accept })).status).toBe(200);
    const response = await fetch(`${system.url}${path}`, { headers: { accept } });
    await response.body?.cancel();
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  }
  const preflight = { host, origin: "https://attacker.example", "access-control-request-method": "POST" };
  expect((await send("OPTIONS", "/v1/artifacts", preflight)).status).toBe(403);
});
