import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";
import { readMessages } from "../testing/sse.ts";
import { ensureAdminToken } from "./admin-token.ts";

let api: TestApp;
let folder: string;
let admin: string;
let now = Date.parse("2026-11-21T10:00:00Z");
const clock = () => now;

beforeAll(async () => {
  api = await testApp({ auth: true, clock });
  folder = await mkdtemp(join(tmpdir(), "sluice-token-"));
  const path = await ensureAdminToken({ db: api.database.db, dataDir: folder, clock });
  admin = (await readFile(path ?? "", "utf8")).trim();
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

interface Created {
  id: string;
  token: string;
}

async function createToken(body: Record<string, unknown>, by = admin): Promise<Created> {
  const answer = await api.ask("POST", "/v1/tokens", { body: { name: "t", role: "viewer", ...body }, ...bearer(by) });
  expect(answer.status).toBe(201);
  return answer.body as Created;
}

test("the first admin token is for its owner's eyes only, and made once", async () => {
  expect((await stat(join(folder, "admin-token"))).mode & 0o777).toBe(0o600);
  expect(admin).toMatch(/^slu_[A-Za-z0-9_-]{43}$/);
  expect(await ensureAdminToken({ db: api.database.db, dataDir: folder, clock })).toBeNull();
  expect(await api.ask("GET", "/v1/projects", bearer(admin))).toMatchObject({ status: 200 });
});

test.each([
  ["no header", {}],
  ["another scheme", { authorization: "Basic abc" }],
  ["an unknown token", { authorization: "Bearer slu_unknown" }],
])("%s is unauthenticated", async (_name, headers) => {
  expect(await api.ask("GET", "/v1/artifacts", { headers })).toMatchObject({
    status: 401,
    headers: { "www-authenticate": expect.stringContaining("Bearer") },
    body: { code: "unauthenticated" },
  });
});

test("a stream that is open tells a revoked token nothing more, and ends; others are told that one was revoked", async () => {
  const address = await api.app.listen({ host: "127.0.0.1", port: 0 });
  const mine = await createToken({ name: "revoked-amid", environment: "staging" });
  const others = await createToken({ name: "goes-on" });
  const streamOf = ({ token }: Created) => readMessages(`${address}/v1/events`, bearer(token).headers);
  await using ended = await streamOf(mine);
  await using open = await streamOf(others);
  await api.ask("DELETE", `/v1/tokens/${mine.id}`, bearer(admin));
  expect(await ended.take(1)).toEqual([]);
  const [told] = await open.take(1);
  expect(told).toMatchObject({ event: "token.revoked", data: { data: {} } });
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`revoked-amid|${mine.id}`));
});

test("a revoked token is refused from the next request on", async () => {
  const { id, token } = await createToken({});
  expect(await api.ask("GET", "/v1/artifacts", bearer(token))).toMatchObject({ status: 200 });
  expect(await api.ask("DELETE", `/v1/tokens/${id}`, bearer(admin))).toMatchObject({ status: 200 });
  expect(await api.ask("GET", "/v1/artifacts", bearer(token))).toMatchObject({ status: 401 });
});

test("a token expires at its time", async () => {
  const { token } = await createToken({ expiresAt: "2026-11-21T11:00:00Z" });
  now = Date.parse("2026-11-21T10:59:59Z");
  expect(await api.ask("GET", "/v1/artifacts", bearer(token))).toMatchObject({ status: 200 });
  now = Date.parse("2026-11-21T11:00:00Z");
  expect(await api.ask("GET", "/v1/artifacts", bearer(token))).toMatchObject({ status: 401 });
  const past = { name: "t", role: "viewer", expiresAt: "2026-11-21T10:00:00Z" };
  expect(await api.ask("POST", "/v1/tokens", { body: past, ...bearer(admin) })).toMatchObject({ status: 400 });
});

test("use is written down at most once a minute", async () => {
  const { id, token } = await createToken({});
  const lastUse = async () =>
    (await api.database.db.selectFrom("tokens").select("last_used_at").where("id", "=", id).executeTakeFirstOrThrow())
      .last_used_at;
  const begin = now;
  await api.ask("GET", "/v1/artifacts", bearer(token));
  now = begin + 59_999;
  await api.ask("GET", "/v1/artifacts", bearer(token));
  expect(await lastUse()).toEqual(new Date(begin));
  now = begin + 60_000;
  await api.ask("GET", "/v1/artifacts", bearer(token));
  expect(await lastUse()).toEqual(new Date(now));
});

test("each role does what it may and no more", async () => {
  const artifact = (name: string) => ({ body: { name, kind: "agent" } });
  const viewer = (await createToken({ role: "viewer" })).token;
  const deployer = (await createToken({ role: "deployer" })).token;
  expect(await api.ask("POST", "/v1/artifacts", { ...artifact("a"), ...bearer(viewer) })).toMatchObject({
    status: 403,
    body: { code: "permission_denied", detail: expect.stringContaining("deployer") },
  });
  expect(await api.ask("POST", "/v1/artifacts", { ...artifact("a"), ...bearer(deployer) })).toMatchObject({
    status: 201,
  });
  expect(await api.ask("PUT", "/v1/environments/x", { body: {}, ...bearer(deployer) })).toMatchObject({ status: 403 });
  expect(await api.ask("GET", "/v1/tokens", bearer(deployer))).toMatchObject({ status: 403 });
});

test("a token of one environment does not reach another one, nor the project's tokens", async () => {
  const { token } = await createToken({ role: "admin", environment: "staging" });
  expect(await api.ask("GET", "/v1/environments/staging", bearer(token))).toMatchObject({ status: 200 });
  expect(await api.ask("GET", "/v1/environments/production", bearer(token))).toMatchObject({ status: 403 });
  expect(await api.ask("GET", "/v1/environments", bearer(token))).toMatchObject({
    body: { items: [{ name: "staging" }] },
  });
  const wider = { body: { name: "wider", role: "admin" }, ...bearer(token) };
  expect(await api.ask("POST", "/v1/tokens", wider)).toMatchObject({ status: 403 });
});

test("a token of one project does not reach another one", async () => {
  await api.ask("POST", "/v1/projects", { body: { name: "search" }, ...bearer(admin) });
  const { token } = await createToken({ role: "admin", project: "search" });
  expect(await api.ask("GET", "/v1/environments", bearer(token))).toMatchObject({
    body: { items: [{ project: "search" }, { project: "search" }, { project: "search" }] },
  });
  expect(await api.ask("GET", "/v1/environments?project=default", bearer(token))).toMatchObject({ status: 403 });
  expect(await api.ask("POST", "/v1/projects", { body: { name: "more" }, ...bearer(token) })).toMatchObject({
    status: 403,
  });
  expect(await api.ask("GET", "/v1/projects", bearer(token))).toMatchObject({ body: { items: [{ name: "search" }] } });
});

test("secrets are in no list", async () => {
  const { token } = await createToken({});
  const { text } = await api.ask("GET", "/v1/tokens?limit=200", bearer(admin));
  expect(text).not.toContain(token);
  expect(text).not.toContain("hash");
});

test("health, the document and the docs need no token; metrics do", async () => {
  for (const url of ["/healthz", "/readyz", "/openapi.json", "/docs/"]) {
    expect([url, (await api.ask("GET", url)).status]).toEqual([url, 200]);
  }
  expect(await api.ask("GET", "/metrics")).toMatchObject({ status: 401 });
});

test("guessing tokens is stopped after a while, before it reaches the database", async () => {
  const show = (token: string) => api.ask("GET", "/v1/artifacts", bearer(token));
  const signIn = (token: string) => api.ask("POST", "/v1/session", { body: { token } });
  const statuses: number[] = [];
  // A page shows what it has again and again, and whoever shows what counted once has guessed nothing.
  for (let attempt = 0; attempt < 40; attempt += 1) statuses.push((await show("slu_forgotten")).status);
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const { id, token } = await createToken({});
    await api.ask("DELETE", `/v1/tokens/${id}`, bearer(admin));
    statuses.push((await show(token)).status);
  }
  expect(new Set(statuses)).toEqual(new Set([401]));
  for (let attempt = 0; attempt < 20; attempt += 1) {
    statuses.push((await show(`slu_guess${attempt}`)).status, (await signIn(`slu_other${attempt}`)).status);
  }
  expect(statuses.at(-1)).toBe(429);
  expect(await show("slu_another")).toMatchObject({ headers: { "retry-after": expect.anything() } });
});
