import { request } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_ADMIN } from "../access/principal.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { putInFront } from "./front/front.ts";
import { createKnownTokens, type KnownTokens } from "./front/known.tokens.ts";
import type { Resolver } from "./resolver.ts";
import { startResolving } from "./resolving.ts";
import { allOn, half, insertPrompt, want } from "./testing/prompt.fixture.ts";

/** One API whose plain readings are answered in front, and one on the same database that answers everything the usual way. */
let fronted: TestApp;
let usual: TestApp;
let resolving: { resolver: Resolver; close(): Promise<void> };
let known: KnownTokens;
let urls: { fronted: string; usual: string };
let token: { id: string; secret: string };
let stranger: string;
let stopped: string;

beforeAll(async () => {
  usual = await testApp({ auth: true });
  const { db, pool } = usual.database;
  const { services } = usual;
  await want(db, await insertPrompt(services, { name: "greeting" }), { split: half });
  const pins = [{ revision: 2, headers: { "x-plan": "beta" }, cookies: {}, region: "eu" }];
  await want(db, await insertPrompt(services, { name: "targeted" }), { split: allOn(1), pins });
  await insertPrompt(services, { name: "waiting" });
  await want(db, await insertPrompt(services, { name: "twice" }), { split: allOn(1) });
  const twin = await insertPrompt(services, { name: "twice", artifact: "twin", environment: "staging" });
  await want(db, twin, { split: allOn(1) });
  stopped = await insertPrompt(services, { name: "stopped" });
  await want(db, stopped, { split: allOn(1) });
  await services.projects.create(LOCAL_ADMIN, { name: "search" });
  await want(db, await insertPrompt(services, { name: "theirs", project: "search" }), { split: allOn(1) });
  await db.updateTable("deployments").set({ stopped: true }).where("id", "=", stopped).execute();
  const make = async (project: string, environment: string | null) => {
    const made = await services.tokens.create(LOCAL_ADMIN, {
      project,
      name: `app-${project}`,
      role: "viewer",
      environment,
      expiresAt: null,
    });
    return { id: made.token.id, secret: made.secret };
  };
  token = await make("default", null);
  stranger = (await make("search", null)).secret;
  resolving = await startResolving({ db, pool, logger: pino({ level: "silent" }), now: Date.now });
  fronted = await testApp({ auth: true, database: usual.database, resolver: resolving.resolver });
  known = createKnownTokens(fronted.services.tokens);
  const { resolveLimit: limit } = fronted.services;
  putInFront(fronted.app, { auth: true, tokens: known, resolver: resolving.resolver, limit, random: Math.random });
  const listen = (api: TestApp) => api.app.listen({ host: "127.0.0.1", port: 0 });
  urls = { fronted: await listen(fronted), usual: await listen(usual) };
});

afterAll(async () => {
  known.close();
  await resolving.close();
  await fronted.app.close();
  await usual.close();
});

interface Answer {
  status: number;
  etag: string | null;
  body: string;
  /** Only the usual way gives requests an id. */
  inFront: boolean;
}

async function ask(url: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token.secret}`, ...headers } });
  const inFront = answer.headers.get("x-request-id") === null;
  return { status: answer.status, etag: answer.headers.get("etag"), body: await answer.text(), inFront };
}

/** The same, in front and the usual way. */
const both = async (path: string, headers?: Record<string, string>): Promise<[Answer, Answer]> => [
  await ask(urls.fronted, path, headers),
  await ask(urls.usual, path, headers),
];

/** Until the token is known in front. */
const warm = () => expect.poll(async () => (await ask(urls.fronted, "/v1/resolve/greeting?key=a")).inFront).toBe(true);

describe("a plain reading", () => {
  test("is answered in front with the very bytes of the usual way, whoever asks", async () => {
    await warm();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 60 }), async (key) => {
        fc.pre(!key.includes("\0"));
        const [front, other] = await both(`/v1/resolve/greeting?${new URLSearchParams({ key })}`);
        expect(front).toEqual({ ...other, inFront: true });
        expect(front.status).toBe(200);
      }),
      { numRuns: 40 },
    );
  });

  test("is answered by rules alike", async () => {
    await warm();
    for (const context of [
      "context.X-Plan=beta&context.region=EU",
      "context.x-plan=beta",
      "context.x-plan=BETA&context.region=eu",
      "",
    ]) {
      const [front, other] = await both(`/v1/resolve/targeted?key=ada&${context}`.replace(/&$/, ""));
      expect(front).toEqual({ ...other, inFront: true });
    }
  });

  test("is answered 304 to who has it already", async () => {
    await warm();
    const path = "/v1/resolve/targeted?key=ada";
    const { etag } = await ask(urls.fronted, path);
    for (const answer of await both(path, { "if-none-match": etag ?? "" })) {
      expect(answer).toMatchObject({ status: 304, etag, body: "" });
    }
    expect(await ask(urls.fronted, path, { "if-none-match": '"other"' })).toMatchObject({ status: 200 });
  });
});

describe("what is not plain", () => {
  test.each<[string, string, number, RegExp]>([
    ["an unknown prompt", "/v1/resolve/nothing", 404, /deployment nothing does not exist/],
    ["one that serves nothing yet", "/v1/resolve/waiting", 409, /serves no version yet/],
    ["one that was stopped", "/v1/resolve/stopped", 503, /is stopped/],
    ["a name that two environments have", "/v1/resolve/twice", 400, /development, staging/],
    ["another project", "/v1/resolve/theirs?project=search", 404, /theirs does not exist/],
    ["an unknown parameter", "/v1/resolve/greeting?user=a", 400, /one of project, environment, key, or context/],
    ["a parameter given twice", "/v1/resolve/greeting?key=a&key=b", 400, /query\.key/],
    ["an enormous key", `/v1/resolve/greeting?key=${"k".repeat(5_000)}`, 400, /at most 4096/],
    ["an odd environment", "/v1/resolve/greeting?environment=No%20where", 400, /query\.environment/],
    ["an enormous name", `/v1/resolve/${"n".repeat(200)}`, 400, /path\.deployment/],
    ["a zero byte", "/v1/resolve/greeting?key=%00", 400, /query\.key/],
  ])("is told what is wrong: %s", async (_what, path, status, message) => {
    await warm();
    for (const answer of await both(path)) {
      expect(answer).toMatchObject({ status, inFront: false });
      expect(answer.body).toMatch(message);
      expect(JSON.parse(answer.body)).toMatchObject({ status, code: expect.any(String) });
    }
  });

  test("is refused without a token, and with one of another project nothing is told", async () => {
    expect(await ask(urls.fronted, "/v1/resolve/greeting", { authorization: "" })).toMatchObject({ status: 401 });
    expect(await ask(urls.fronted, "/v1/resolve/greeting", { authorization: "Bearer slu_x" })).toMatchObject({
      status: 401,
    });
    const headers = { authorization: `Bearer ${stranger}` };
    const answer = await ask(urls.fronted, "/v1/resolve/greeting", headers);
    expect(answer).toMatchObject({ status: 404 });
    expect(answer.body).not.toContain("Hello");
  });

  test("is never a failure of ours, whatever the address says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom(..."ab/%?&=.+#[]{}:;é\u0001"), maxLength: 40 }),
        async (tail) => {
          const sent = request(`${urls.fronted}`, {
            path: `/v1/resolve/greeting${tail.replace(/[^!-~]/g, (character) => encodeURIComponent(character))}`,
            headers: { authorization: `Bearer ${token.secret}` },
            agent: false,
          });
          const { promise, resolve, reject } = Promise.withResolvers<[number, string]>();
          sent.on("response", (answer) => text(answer).then((body) => resolve([answer.statusCode ?? 0, body]), reject));
          sent.on("error", reject);
          sent.end();
          const [status, body] = await promise;
          expect(status, `${tail}: ${body}`).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test("a token that was revoked reads nothing a moment later", async () => {
  const made = await usual.services.tokens.create(LOCAL_ADMIN, {
    name: "brief",
    role: "viewer",
    environment: null,
    expiresAt: null,
  });
  const headers = { authorization: `Bearer ${made.secret}` };
  const status = async () => (await ask(urls.fronted, "/v1/resolve/greeting?key=a", headers)).status;
  await expect.poll(async () => (await ask(urls.fronted, "/v1/resolve/greeting?key=a", headers)).inFront).toBe(true);
  await usual.services.tokens.revoke(LOCAL_ADMIN, made.token.id);
  await expect.poll(status, { interval: 100 }).toBe(401);
});

describe("POST", () => {
  const post = (body: object | string) =>
    usual.ask("POST", "/v1/resolve/greeting", { body, headers: { authorization: `Bearer ${token.secret}` } });
  const key = "person-0";

  test("fills variables in, once", async () => {
    const first = await post({ key });
    expect(first).toMatchObject({ status: 200, body: { rendered: false } });
    const both = await Promise.all(
      Array.from({ length: 20 }, (_, index) => post({ key: `person-${index}`, variables: { name: "{{name}}" } })),
    );
    const texts = both.filter(({ status }) => status === 200).map(({ body }) => JSON.stringify(body));
    expect(texts.some((found) => found.includes("Hello {{name}}!") && found.includes('"rendered":true'))).toBe(true);
    // Version 1.1.0 declares no variable, and says so.
    expect(both.some(({ status, body }) => status === 400 && JSON.stringify(body).includes("variables.name"))).toBe(
      true,
    );
  });

  test("heeds no Idempotency-Key: what is read twice may differ", async () => {
    const headers = { authorization: `Bearer ${token.secret}`, "idempotency-key": "same" };
    for (const key of ["person-1", "person-2"]) {
      const answer = await usual.ask("POST", "/v1/resolve/greeting", { body: { key }, headers });
      expect(answer).toMatchObject({ status: 200, body: { deployment: "greeting" } });
      const flag = await usual.ask("POST", "/ofrep/v1/evaluate/flags/greeting", {
        body: { context: { targetingKey: key } },
        headers,
      });
      expect(flag).toMatchObject({ status: 200, body: { key: "greeting" } });
    }
  });

  test.each([
    [{ key: 5 }, "key"],
    [{ key: "k".repeat(5_000) }, "key"],
    [{ context: "eu" }, "context"],
    [{ variables: [] }, "variables"],
    [{ user: "a" }, "user"],
    [{ environment: "" }, "environment"],
    [{ key: "a\0b" }, "key"],
    [[], ""],
  ])("refuses %j by the name of the field", async (body, field) => {
    const { status, body: problem } = await post(body);
    expect(status).toBe(400);
    expect(problem).toMatchObject({ errors: [{ field }] });
  });
});

test("who reads too often is told when to come back", async () => {
  const limited = await testApp({
    database: usual.database,
    clock: () => 1_700_000_000_000,
    config: { resolveLimit: 3 },
  });
  const answers: [number, unknown][] = [];
  for (let count = 0; count < 5; count += 1) {
    const { status, headers } = await limited.ask("GET", "/v1/resolve/targeted");
    answers.push([status, headers["retry-after"]]);
  }
  await limited.app.close();
  expect(answers.map(([status]) => status)).toEqual([200, 200, 200, 429, 429]);
  expect(answers.at(-1)).toEqual([429, "1"]);
});
