import { OFREPProvider } from "@openfeature/ofrep-provider";
import { type Client, OpenFeature, type ResolutionDetails } from "@openfeature/server-sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SluiceProvider } from "../examples/prompt/openfeature.ts";
import { LOCAL_ADMIN } from "../packages/server/src/access/principal.ts";
import { allOn, half, insertPrompt, want } from "../packages/server/src/resolve/testing/prompt.fixture.ts";
import { type TestApp, testApp } from "../packages/server/src/testing/app.ts";

let api: TestApp;
let url: string;
let client: Client;
let provider: SluiceProvider;
let token: string;

beforeAll(async () => {
  api = await testApp({ auth: true });
  const { services, database } = api;
  const split = await insertPrompt(services, { name: "split" });
  await want(database.db, split, { split: half });
  const still = await insertPrompt(services, { name: "still" });
  await want(database.db, still, { split: allOn(1) });
  const targeted = await insertPrompt(services, { name: "targeted" });
  const pins = [{ revision: 2, headers: { "x-plan": "beta" }, cookies: {} }];
  await want(database.db, targeted, { split: allOn(1), pins });
  await insertPrompt(services, { name: "waiting" });
  const elsewhere = await insertPrompt(services, {
    name: "still",
    artifact: "still-staging",
    environment: "staging",
    specs: [{ text: "Hi there!" }],
  });
  await want(database.db, elsewhere, { split: allOn(1) });
  const made = await services.tokens.create(LOCAL_ADMIN, {
    name: "app",
    role: "deployer",
    environment: "development",
    expiresAt: null,
  });
  token = made.secret;
  url = await api.app.listen({ host: "127.0.0.1", port: 0 });
  provider = new SluiceProvider({ baseUrl: url, headers: [["authorization", `Bearer ${token}`]] });
  await OpenFeature.setProviderAndWait(provider);
  client = OpenFeature.getClient();
});

afterAll(async () => {
  await OpenFeature.close();
  await api.close();
});

describe("OpenFeature's own SDK and provider", () => {
  test("read a prompt as an object, with its version as the variant and the reason why", async () => {
    const details = await client.getObjectDetails("still", {}, { targetingKey: "ada" });
    expect(details).toMatchObject({
      value: { text: "Hello {{name}}!", model: "small", parameters: {}, variables: [{ name: "name" }] },
      variant: "1.0.0",
      reason: "STATIC",
      flagMetadata: { environment: "development", revision: 1, version: "1.0.0", project: "default" },
    });
    expect(details.errorCode).toBeUndefined();
  });

  test("get the same version for the same key, both versions among many keys, and the reason SPLIT", async () => {
    const read = (targetingKey: string) => client.getObjectDetails("split", {}, { targetingKey });
    const keys = Array.from({ length: 40 }, (_, index) => `person-${index}`);
    const first = await Promise.all(keys.map(read));
    const second = await Promise.all(keys.map(read));
    expect(second.map(({ variant }) => variant)).toEqual(first.map(({ variant }) => variant));
    expect(new Set(first.map(({ variant }) => variant))).toEqual(new Set(["1.0.0", "1.1.0"]));
    expect(new Set(first.map(({ reason }) => reason))).toEqual(new Set(["SPLIT"]));
  });

  test("get the candidate where a rule holds for the context", async () => {
    const read = (context: object) => client.getObjectDetails("targeted", {}, { targetingKey: "ada", ...context });
    expect(await read({ "X-Plan": "beta" })).toMatchObject({ variant: "1.1.0", reason: "TARGETING_MATCH" });
    expect(await read({})).toMatchObject({ variant: "1.0.0", reason: "STATIC" });
  });

  test("fall back to the default for a prompt that is not there, serves nothing yet, or is of another environment", async () => {
    const fallback = { text: "Hello." };
    for (const key of ["nothing", "waiting"]) {
      const details = await client.getObjectDetails(key, fallback);
      expect(details).toMatchObject({ value: fallback, errorCode: "FLAG_NOT_FOUND", reason: "ERROR" });
    }
    const wrong = await client.getObjectDetails("still", fallback, { targetingKey: "" });
    expect(wrong).toMatchObject({ value: fallback, errorCode: "TARGETING_KEY_MISSING" });
  });

  test("report by tracking what an answer was worth, to the version that gave it", async () => {
    const context = { targetingKey: "person-3" };
    const { flagMetadata } = await client.getObjectDetails("split", {}, context);
    client.track("split", context, {
      value: 0.75,
      revision: Number(flagMetadata.revision),
      error: false,
      latencyMs: 120,
    });
    await provider.settled();
    const rows = await api.database.db.selectFrom("feedback").selectAll().execute();
    expect(rows).toMatchObject([
      { revision: flagMetadata.revision, scores: { quality: 0.75 }, error: false, latency_ms: 120, reported_by: "app" },
    ]);
    const scores = await api.database.db.selectFrom("scores").selectAll().execute();
    expect(scores).toMatchObject([{ revision: flagMetadata.revision, metric: "quality", scores: [0.75] }]);
  });

  test("work with the plain provider too, whose environment is in a header", async () => {
    const admin = (
      await api.services.tokens.create(LOCAL_ADMIN, { name: "all", role: "viewer", environment: null, expiresAt: null })
    ).secret;
    const plain = (environment: string): Promise<ResolutionDetails<unknown>> =>
      new OFREPProvider({
        baseUrl: url,
        headers: [
          ["authorization", `Bearer ${admin}`],
          ["x-sluice-environment", environment],
        ],
      }).resolveObjectEvaluation("still", {}, {});
    expect(await plain("staging")).toMatchObject({ value: { text: "Hi there!" } });
    expect(await plain("development")).toMatchObject({ value: { text: "Hello {{name}}!" } });
  });
});

describe("the protocol itself", () => {
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/ofrep/v1/evaluate/flags${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? null : JSON.parse(text) };
  };
  const context = { targetingKey: "ada" };

  test("evaluates every prompt of the environment, and answers 304 to who has them already", async () => {
    const found = await post("", { context });
    expect(found).toMatchObject({ status: 200, body: { metadata: {} } });
    expect(found.body.flags.map(({ key }: { key: string }) => key)).toEqual(["split", "still", "targeted"]);
    for (const flag of found.body.flags) {
      expect(Object.keys(flag).sort()).toEqual(["key", "metadata", "reason", "value", "variant"]);
    }
    const etag = found.headers.get("etag") ?? "";
    expect(await post("", { context }, { "if-none-match": etag })).toMatchObject({ status: 304, body: null });
    const id = await insertPrompt(api.services, { name: "later", specs: [{ text: "Later." }] });
    await want(api.database.db, id, { split: allOn(1) });
    const changed = await post("", { context }, { "if-none-match": etag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });

  test("draws nothing by lot that is kept: without a key a split flag of the list has failed, and the others have not", async () => {
    const { status, body } = await post("", { context: {} });
    expect(status).toBe(200);
    const split = body.flags.find(({ key }: { key: string }) => key === "split");
    expect(split).toMatchObject({ errorCode: "TARGETING_KEY_MISSING", errorDetails: expect.any(String) });
    expect(body.flags.filter((flag: object) => "errorCode" in flag)).toHaveLength(1);
    expect(await post("/split", { context: {} })).toMatchObject({ status: 200, body: { reason: "SPLIT" } });
  });

  test.each([
    ["no JSON", "/still", "{", 400, "PARSE_ERROR"],
    ["a list", "/still", "[]", 400, "PARSE_ERROR"],
    ["no context", "/still", {}, 400, "INVALID_CONTEXT"],
    ["a context that is a text", "/still", { context: "ada" }, 400, "INVALID_CONTEXT"],
    ["a key that is a number", "/still", { context: { targetingKey: 7 } }, 400, "INVALID_CONTEXT"],
    ["a key that is null", "/still", { context: { targetingKey: null } }, 400, "INVALID_CONTEXT"],
    ["an enormous key", "/still", { context: { targetingKey: "k".repeat(5_000) } }, 400, "INVALID_CONTEXT"],
    ["an empty key", "/still", { context: { targetingKey: "" } }, 400, "TARGETING_KEY_MISSING"],
    ["an unknown flag", "/nothing", { context: {} }, 404, "FLAG_NOT_FOUND"],
    ["an environment that cannot be", "/still?environment=Nowhere!", { context: {} }, 400, "GENERAL"],
  ])("answers %s in its own words", async (_what, path, body, status, errorCode) => {
    const answer = await post(path, body);
    expect(answer).toMatchObject({ status, body: { errorCode, errorDetails: expect.any(String) } });
    expect(answer.body.key).toBe(path.slice(1).split("?")[0]);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    if (path === "/still") expect(await post("", body)).toMatchObject({ status, body: { errorCode } });
  });

  test("refuses a stranger, another environment, and who asks too often, each by its status", async () => {
    expect(await post("/still", { context }, { authorization: "Bearer slu_no" })).toMatchObject({ status: 401 });
    expect(await post("/still?environment=staging", { context })).toMatchObject({ status: 403 });
    const { resolveLimit } = api.services;
    const principal = { name: "app", role: "deployer", project: "default", environment: "development" } as const;
    while (resolveLimit.allows(principal));
    const refused = await post("/still", { context });
    expect(refused).toMatchObject({ status: 429, body: { errorCode: "GENERAL" } });
    expect(refused.headers.get("retry-after")).toBe("1");
  });
});
