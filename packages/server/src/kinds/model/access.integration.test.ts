import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCAL_ADMIN } from "../../access/principal.ts";
import { IRIS, type ModelsApi, modelsApi } from "./testing/models.fixture.ts";

/** Without an engine: what is written stays as it is, and nothing that should go ever goes. */
let api: ModelsApi;
let own: Record<string, string>;
let foreign: Record<string, string>;
let viewer: Record<string, string>;
beforeAll(async () => {
  api = await modelsApi({ auth: true, models: { deploySeconds: 1 } });
  const { projects, tokens } = api.services;
  await projects.create(LOCAL_ADMIN, { name: "other" });
  const bearer = async (name: string, project: string, role: "viewer" | "deployer") => {
    const { secret } = await tokens.create(LOCAL_ADMIN, { name, project, role, environment: null, expiresAt: null });
    return { authorization: `Bearer ${secret}` };
  };
  own = await bearer("own", "default", "deployer");
  foreign = await bearer("foreign", "other", "deployer");
  viewer = await bearer("viewer", "default", "viewer");
  await api.ask("POST", "/api/v1/models", { body: { name: "iris" }, headers: own });
  await api.ask("POST", "/api/v1/models/1/versions", { body: {}, headers: own });
  await api.upload(1, [["file", { name: "model.onnx", content: IRIS }]], own);
});
afterAll(() => api.close());

test("a deployment that stands in a queue for long is answered before it serves", async () => {
  const answer = await api.ask("POST", "/api/v1/versions/1/deployments", { body: { replicas: 1 }, headers: own });
  expect(answer).toMatchObject({ status: 202, body: { id: 1, version_id: 1 } });
  expect((await api.ask("GET", "/api/v1/deployments/1", { headers: viewer })).body).toMatchObject({
    status: "deploying",
  });
});

test.each([
  ["GET", "/api/v1/models/1"],
  ["GET", "/api/v1/models/1/versions"],
  ["POST", "/api/v1/models/1/versions"],
  ["GET", "/api/v1/versions/1"],
  ["GET", "/api/v1/versions/1/deployments"],
  ["POST", "/api/v1/versions/1/deployments"],
  ["GET", "/api/v1/deployments/1"],
  ["DELETE", "/api/v1/deployments/1"],
] as const)("%s %s of another project is not found, as if it were not there", async (method, url) => {
  const body = method === "POST" ? { body: {} } : {};
  const there = await api.ask(method, url, { ...body, headers: foreign });
  const nowhere = await api.ask(method, url.replace("/1", "/77"), { ...body, headers: foreign });
  expect([there.status, nowhere.status]).toEqual([404, 404]);
  expect(there.text).not.toContain("iris");
});

test("lists hold nothing of another project, and a form for its models is refused", async () => {
  for (const list of ["models", "deployments", "batches"]) {
    expect((await api.ask("GET", `/api/v1/${list}`, { headers: foreign })).body).toMatchObject({ items: [] });
  }
  expect((await api.upload(1, [["file", { name: "x.onnx", content: "x" }]], foreign)).status).toBe(404);
  const batch = { body: { deployment_id: 1, input: "s3://models/default/x.csv" }, headers: foreign };
  expect((await api.ask("POST", "/api/v1/batches", batch)).status).toBe(404);
});

test("who may only look changes nothing", async () => {
  const asked = [
    api.ask("POST", "/api/v1/models", { body: { name: "mine" }, headers: viewer }),
    api.ask("POST", "/api/v1/versions/1/deployments", { body: {}, headers: viewer }),
    api.ask("DELETE", "/api/v1/deployments/1", { headers: viewer }),
  ];
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([403, 403, 403]);
});

test.each([
  ["POST", "/api/v1/models", {}],
  ["POST", "/api/v1/models", { name: 7 }],
  ["POST", "/api/v1/models", { name: "" }],
  ["POST", "/api/v1/models", { name: "x".repeat(100_000) }],
  ["POST", "/api/v1/models", { name: "fine", colour: "red" }],
  ["POST", "/api/v1/models/1/versions", { version: "../x" }],
  ["POST", "/api/v1/versions/1/deployments", { replicas: 0 }],
  ["POST", "/api/v1/versions/1/deployments", { replicas: "two" }],
  ["POST", "/api/v1/versions/1/deployments", { replicas: 1e9 }],
  ["POST", "/api/v1/versions/1/deployments", { replicas: null }],
  ["POST", "/api/v1/versions/1/deployments", { replicas: 1, extra: 1 }],
  ["POST", "/api/v1/versions/zero/deployments", { replicas: 1 }],
  ["POST", "/api/v1/versions/-1/deployments", { replicas: 1 }],
  ["POST", "/api/v1/batches", { deployment_id: 1 }],
] as const)("%s %s refuses %j by the names of its fields", async (method, url, body) => {
  const answer = await api.ask(method, url, { body, headers: own });
  expect(answer).toMatchObject({
    status: 400,
    body: { code: "invalid_argument", errors: [{ allowed: expect.any(String) }] },
  });
});

test("a deletion goes on past instances that stay, with a warning", async () => {
  const answer = await api.ask("DELETE", "/api/v1/deployments/1", { headers: own });
  expect(answer).toMatchObject({
    status: 200,
    body: { id: 1, deleted: true, warning: expect.stringContaining("still there") },
  });
  expect((await api.ask("GET", "/api/v1/deployments/1", { headers: own })).status).toBe(404);
});
