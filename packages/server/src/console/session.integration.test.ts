import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCAL_ADMIN, type Role } from "../access/principal.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { cookiesOf, type Exchanged, exchange } from "./testing/exchange.ts";

let api: TestApp;
let address: string;
let now = Date.parse("2026-11-22T10:00:00Z");

beforeAll(async () => {
  api = await testApp({ auth: true, clock: () => now });
  address = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => api.close());

const newToken = (role: Role, expiresAt: string | null = null, by = api) =>
  by.services.tokens.create(LOCAL_ADMIN, { name: `a-${role}`, role, environment: null, expiresAt });

type Sent = Parameters<typeof exchange>[3];
const send = (method: string, path: string, sent?: Sent): Promise<Exchanged> => exchange(address, method, path, sent);

/** What a browser adds to what a page of ours asks. */
const ours = (at = address) => ({ origin: at, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" });

const signIn = (token: string, headers: Record<string, string> = ours(), at = address) =>
  exchange(at, "POST", "/v1/session", { body: { token }, headers });

const artifact = (name: string) => ({ name, kind: "prompt" });

test("a token becomes a cookie that no script and no other site can use, and that is not told again", async () => {
  const { secret } = await newToken("viewer");
  const answer = await signIn(secret);
  expect(JSON.parse(answer.text)).toEqual({
    authentication: "token",
    principal: {
      name: "a-viewer",
      role: "viewer",
      project: "default",
      environment: null,
      actions: expect.arrayContaining(["rollout.read"]),
    },
  });
  expect(answer.text).not.toContain(secret);
  const { port } = new URL(address);
  const attributes = String(answer.headers["set-cookie"]).split("; ").slice(1);
  expect(cookiesOf(answer)).toBe(`sluice_session_${port}=${secret}`);
  expect(attributes.toSorted()).toEqual(["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Strict"]);
});

test("behind TLS the cookie is for TLS alone", async () => {
  const { secret } = await newToken("viewer");
  const secure = async (proto: string): Promise<boolean> =>
    /; Secure/.test(String((await signIn(secret, { ...ours(), "x-forwarded-proto": proto })).headers["set-cookie"]));
  expect([await secure("https"), await secure("http")]).toEqual([true, false]);
});

test("the cookie stands for the token: it does what its role may, and no more", async () => {
  const cookie = cookiesOf(await signIn((await newToken("deployer")).secret));
  const as = (body: object, path: string) => send("POST", path, { body, headers: { cookie, ...ours() } });
  expect((await as(artifact("by-a-page"), "/v1/artifacts")).status).toBe(201);
  expect((await as({ name: "x", role: "admin" }, "/v1/tokens")).status).toBe(403);
  expect((await send("GET", "/v1/artifacts/by-a-page", { headers: { cookie } })).status).toBe(200);
  expect((await send("GET", "/v1/artifacts/by-a-page")).status).toBe(401);
});

test("a token that is not known signs nobody in, and leaves the session that was there", async () => {
  const cookie = cookiesOf(await signIn((await newToken("viewer")).secret));
  const wrong = await send("POST", "/v1/session", { body: { token: "slu_wrong" }, headers: { cookie, ...ours() } });
  expect([wrong.status, JSON.parse(wrong.text).code, wrong.headers["set-cookie"]]).toEqual([
    401,
    "unauthenticated",
    undefined,
  ]);
  expect((await send("GET", "/v1/artifacts", { headers: { cookie } })).status).toBe(200);
});

test.each([
  ["nothing", {}],
  ["an empty token", { token: "" }],
  ["no text", { token: 1 }],
  ["too much", { token: "x".repeat(513) }],
  ["more than a token", { token: "slu_x", role: "admin" }],
])("%s in the place of a token is refused by its field", async (_name, body) => {
  const answer = await send("POST", "/v1/session", { body, headers: ours() });
  expect([answer.status, JSON.parse(answer.text).code]).toEqual([400, "invalid_argument"]);
});

test.each([
  ["another site", { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" }],
  ["another port of this host", { origin: "http://127.0.0.1:9", "sec-fetch-site": "same-site" }],
  ["an old browser's other site", { origin: "https://elsewhere.example" }],
  ["a page without an origin", { origin: "null" }],
  ["nobody who says where from", {}],
])("%s changes nothing with the cookie, and may not take it away or plant its own", async (name, headers) => {
  const { secret } = await newToken("admin");
  const cookie = cookiesOf(await signIn(secret));
  const planted = `planted-${name.length}`;
  const body = artifact(planted);
  expect((await send("POST", "/v1/artifacts", { body, headers: { cookie, ...headers } })).status).toBe(403);
  expect((await send("DELETE", "/v1/session", { headers: { cookie, ...headers } })).status).toBe(403);
  expect((await send("GET", `/v1/artifacts/${planted}`, { headers: { cookie } })).status).toBe(404);
  if (Object.keys(headers).length > 0) expect((await signIn(secret, { ...headers })).status).toBe(403);
});

test("a browser that knows no Sec-Fetch-Site works by its Origin", async () => {
  const cookie = cookiesOf(await signIn((await newToken("deployer")).secret, { origin: address }));
  const headers = { cookie, origin: address };
  expect((await send("POST", "/v1/artifacts", { body: artifact("by-an-old-page"), headers })).status).toBe(201);
});

test("a program's own token counts for more than a cookie, wherever it comes from", async () => {
  const cookie = cookiesOf(await signIn((await newToken("admin")).secret));
  const { secret } = await newToken("viewer");
  const headers = { cookie, authorization: `Bearer ${secret}` };
  expect(JSON.parse((await send("GET", "/v1/session", { headers })).text).principal.name).toBe("a-viewer");
  expect((await send("POST", "/v1/artifacts", { body: artifact("no"), headers })).status).toBe(403);
});

test("whoever signs out is out: the browser is told to forget the cookie by all that it was set with", async () => {
  const cookie = cookiesOf(await signIn((await newToken("viewer")).secret));
  const answer = await send("DELETE", "/v1/session", { headers: { cookie, ...ours() } });
  expect(answer.status).toBe(204);
  expect(answer.text).toBe("");
  const [ended] = answer.headers["set-cookie"] ?? [];
  expect(ended).toMatch(/^sluice_session_\d+=; /);
  for (const attribute of ["Path=/", "HttpOnly", "SameSite=Strict", "Expires=Thu, 01 Jan 1970"])
    expect(ended).toContain(attribute);
});

test("nobody is signed in without a token, and asking is no failed attempt", async () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const answer = await send("GET", "/v1/session");
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { authentication: "token", principal: null }]);
  }
  expect((await send("GET", "/v1/artifacts")).status).toBe(401);
});

test("a token that was revoked, or has expired, ends its session with the next look", async () => {
  const revoked = await newToken("viewer");
  const expiring = await newToken("viewer", "2026-11-22T11:00:00Z");
  const cookies = [cookiesOf(await signIn(revoked.secret)), cookiesOf(await signIn(expiring.secret))];
  await api.services.tokens.revoke(LOCAL_ADMIN, revoked.token.id);
  now = Date.parse("2026-11-22T11:00:00Z");
  for (const cookie of cookies) {
    expect((await send("GET", "/v1/artifacts", { headers: { cookie } })).status).toBe(401);
    const look = await send("GET", "/v1/session", { headers: { cookie } });
    expect(JSON.parse(look.text).principal).toBeNull();
    expect(String(look.headers["set-cookie"])).toContain("Expires=Thu, 01 Jan 1970");
  }
});

test("two servers on one host have a session each", async () => {
  const other = await testApp({ auth: true });
  try {
    const second = await other.app.listen({ host: "127.0.0.1", port: 0 });
    const here = cookiesOf(await signIn((await newToken("viewer")).secret));
    const secret = (await newToken("viewer", null, other)).secret;
    const there = cookiesOf(await signIn(secret, ours(second), second));
    expect(here.split("=")[0]).not.toBe(there.split("=")[0]);
    // A browser sends both to both: ports are nothing to a cookie.
    const headers = { cookie: `${here}; ${there}` };
    expect((await send("GET", "/v1/artifacts", { headers })).status).toBe(200);
    expect((await exchange(second, "GET", "/v1/artifacts", { headers })).status).toBe(200);
    expect((await exchange(second, "GET", "/v1/artifacts", { headers: { cookie: here } })).status).toBe(401);
  } finally {
    await other.close();
  }
});

test("without authentication whoever looks is the administrator, and no stranger's page is", async () => {
  const open = await testApp({ auth: false });
  try {
    const at = await open.app.listen({ host: "127.0.0.1", port: 0 });
    const answer = await exchange(at, "GET", "/v1/session");
    expect(JSON.parse(answer.text)).toMatchObject({
      authentication: "off",
      principal: { role: "admin", project: null },
    });
    const headers = { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" };
    expect((await exchange(at, "GET", "/v1/session", { headers })).status).toBe(403);
    const body = artifact("planted");
    expect((await exchange(at, "POST", "/v1/artifacts", { body, headers })).status).toBe(403);
  } finally {
    await open.close();
  }
});

test("people behind one address have a limit each", async () => {
  const limited = await testApp({ auth: true, rateLimit: 5 });
  try {
    const at = await limited.app.listen({ host: "127.0.0.1", port: 0 });
    const cookies = await Promise.all(
      ["viewer", "deployer"].map(
        async (role) => `${sessionName(at)}=${(await newToken(role as Role, null, limited)).secret}`,
      ),
    );
    const statuses = async (cookie = "") => {
      const all: number[] = [];
      for (let asked = 0; asked < 6; asked += 1)
        all.push((await exchange(at, "GET", "/v1/artifacts", { headers: { cookie } })).status);
      return all;
    };
    const [ada, grace] = cookies;
    const once = [200, 200, 200, 200, 200, 429];
    expect([await statuses(ada), await statuses(grace)]).toEqual([once, once]);
  } finally {
    await limited.close();
  }
});

const sessionName = (at: string): string => `sluice_session_${new URL(at).port}`;
