import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { github, githubPush, gitlab, gitlabPush, standard } from "./testing/sender.ts";
import { CREATING, type Stage, stage } from "./testing/stage.ts";

let app: Stage;
beforeAll(async () => {
  app = await stage();
});
afterAll(() => app?.close());

let count = 0;
const fresh = (over: object = {}) => ({ name: `trigger-${++count}`, source: "github", action: CREATING, ...over });

describe("a trigger's secret", () => {
  test("is shown when it is made and nowhere else, and rotates with an overlap", async () => {
    const { id, secret } = await app.trigger(fresh());
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const rotated = await app.ask("POST", `/v1/triggers/${id}/rotate`, {
      body: { overlapSeconds: 600 },
      headers: app.admin,
    });
    const { secret: next } = rotated.body as { secret: string };
    const ping = async (key: string) => (await app.send(id, await github(key, "ping", {}, `ping-${++count}`))).status;
    expect([await ping(secret), await ping(next)]).toEqual([202, 202]);
    await app.ask("POST", `/v1/triggers/${id}/rotate`, { headers: app.admin });
    expect([await ping(secret), await ping(next)]).toEqual([401, 401]);
    for (const url of [
      `/v1/triggers/${id}`,
      "/v1/triggers",
      `/v1/triggers/${id}/firings`,
      "/v1/audit?limit=200",
      "/v1/events?limit=200",
    ]) {
      const answer = await app.ask("GET", url, { headers: { ...app.admin, accept: "application/json" } });
      expect(answer.status).toBe(200);
      for (const hidden of [secret, next]) expect(answer.text).not.toContain(hidden);
    }
  });

  test("is none where only people fire it", async () => {
    const { id, secret } = await app.trigger(fresh({ source: "manual" }));
    expect(secret).toBeNull();
    expect((await app.send(id, standard("whsec_AAAA", {}, "1"))).status).toBe(401);
    const refused = await app.ask("POST", `/v1/triggers/${id}/rotate`, { headers: app.admin });
    expect(refused.status).toBe(409);
  });
});

describe("a message that is not signed as it must be", () => {
  test.each(["", "sha256=", "sha256=00", `sha256=${"0".repeat(64)}`, "sha1=abc"])(
    "by %j is 401 and says no more",
    async (signature) => {
      const { id, secret } = await app.trigger(fresh());
      const good = await github(secret, "push", githubPush("refs/tags/v1.1.0"), "delivery");
      const answer = await app.send(id, { ...good, headers: { ...good.headers, "x-hub-signature-256": signature } });
      expect(answer).toMatchObject({ status: 401, body: { detail: "the signature does not hold" } });
      expect((await app.ask("GET", `/v1/triggers/${id}/firings`, { headers: app.admin })).body).toMatchObject({
        items: [],
      });
    },
  );

  test("is told the same of a trigger that does not exist", async () => {
    const { id } = await app.trigger(fresh());
    const sent = await github("0123456789abcdef", "push", githubPush("refs/tags/v1"), "delivery");
    const wrong = await app.send(id, sent);
    const missing = await app.send("trg_nobody", sent);
    const { instance: _one, ...first } = wrong.body as { instance: string };
    const { instance: _other, ...second } = missing.body as { instance: string };
    expect(second).toEqual(first);
  });

  test("with the signature of another provider does not pass, nor one without any", async () => {
    const { id, secret } = await app.trigger(fresh());
    expect((await app.send(id, gitlab(secret, "Push Hook", gitlabPush("refs/heads/main"), "d"))).status).toBe(401);
    expect((await app.send(id, { headers: { "content-type": "application/json" }, payload: "{}" })).status).toBe(401);
  });
});

describe("who fires and who sets up", () => {
  test("a deployer fires on their own behalf, past the filters, and once a key; a viewer does not", async () => {
    const { id } = await app.trigger(fresh({ filters: { tags: ["none"] } }));
    const deployer = await app.token({ name: "bob", role: "deployer", environment: "staging" });
    const viewer = await app.token({ name: "eve", role: "viewer" });
    const body = { tag: "v5.0.0", commit: "4b825dc" };
    const fire = (headers: Record<string, string>) => app.ask("POST", `/v1/triggers/${id}/fire`, { body, headers });
    expect((await fire(viewer)).status).toBe(403);
    const keyed = { ...deployer, "idempotency-key": "one" };
    expect((await fire(keyed)).body).toMatchObject({
      outcome: "started",
      version: "5.0.0",
      actor: "bob",
      duplicate: false,
    });
    expect((await fire(keyed)).body).toMatchObject({ outcome: "started", duplicate: true });
    const { body: rollouts } = await app.ask("GET", "/v1/rollouts", { headers: app.admin });
    expect(rollouts).toMatchObject({ items: [{ toVersion: "5.0.0", triggeredBy: "bob" }, {}] });
  });

  test("setting up is for administrators; those of one environment, for that one", async () => {
    const deployer = await app.token({ name: "bob", role: "deployer" });
    const staging = await app.token({ name: "ann", role: "admin", environment: "staging" });
    const production = await app.token({ name: "pam", role: "admin", environment: "production" });
    const create = async (headers: Record<string, string>) =>
      (await app.ask("POST", "/v1/triggers", { body: fresh(), headers })).status;
    expect([await create(deployer), await create(production), await create(staging)]).toEqual([403, 403, 201]);
    const { id } = await app.trigger(fresh());
    expect((await app.ask("DELETE", `/v1/triggers/${id}`, { headers: production })).status).toBe(403);
  });

  test("nobody of another project learns of it", async () => {
    const { id } = await app.trigger(fresh());
    await app.database.db.insertInto("projects").values({ name: "other" }).execute();
    await app.database.db.insertInto("audit_heads").values({ project: "other", seq: 0, hash: "" }).execute();
    const other = await app.token({ name: "mallory", role: "admin", project: "other" });
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PATCH", "", { enabled: false }],
      ["DELETE", "", undefined],
      ["POST", "/rotate", {}],
      ["POST", "/fire", {}],
      ["GET", "/firings", undefined],
    ] as const) {
      const answer = await app.ask(method, `/v1/triggers/${id}${path}`, { body, headers: other });
      expect(answer).toMatchObject({ status: 404, body: { detail: `trigger ${id} does not exist` } });
    }
  });
});

describe("bad input", () => {
  const { name: _name, ...nameless } = fresh();
  test.each([
    [nameless, "name"],
    [fresh({ source: "bitbucket" }), "source"],
    [fresh({ action: undefined }), "action"],
    [fresh({ action: { type: "deploy", environment: "staging", version: "1" } }), "action.deployment"],
    [fresh({ action: { ...CREATING, artifact: "greeter" } }), "action.deployment"],
    [fresh({ action: { ...CREATING, version: "{{nothing}}" } }), "action.version"],
    [fresh({ action: { type: "scale", deployment: "greeter", environment: "staging", replicas: 2 } }), "action.type"],
    [fresh({ filters: { branches: "main" } }), "filters.branches"],
    [fresh({ secret: "short" }), "secret"],
    [fresh({ extra: 1 }), "extra"],
  ])("%# is refused with its field", async (body, field) => {
    const answer = await app.ask("POST", "/v1/triggers", { body, headers: app.admin });
    expect(answer.status, answer.text).toBe(400);
    expect((answer.body as { errors: { field: string }[] }).errors.map((error) => error.field)).toContain(field);
  });

  test("an environment that does not exist is named, and a name that is taken", async () => {
    const body = fresh({ action: { ...CREATING, environment: "moon" } });
    expect(await app.ask("POST", "/v1/triggers", { body, headers: app.admin })).toMatchObject({
      status: 404,
      body: { errors: [{ field: "action.environment", found: "moon" }] },
    });
    const taken = fresh();
    await app.trigger(taken);
    expect((await app.ask("POST", "/v1/triggers", { body: taken, headers: app.admin })).status).toBe(409);
  });

  test("whatever a sender with the secret sends, it is told what came of it", async () => {
    const { id, secret } = await app.trigger(fresh());
    const event = fc.constantFrom("push", "create", "release", "ping", "x".repeat(300));
    const body = fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string({ unit: "binary", maxLength: 40 }).map((name) => githubPush(`refs/tags/${name}`)),
    );
    await fc.assert(
      fc.asyncProperty(event, body, async (event, body) => {
        const answer = await app.send(id, await github(secret, event, body, `fuzz-${++count}`));
        expect([202, 400], answer.text).toContain(answer.status);
      }),
      { numRuns: 60 },
    );
  });
});
