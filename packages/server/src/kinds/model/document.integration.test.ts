import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServerProcess, serverProcess } from "../../testing/server.process.ts";
import { IRIS, IRIS_2, upload } from "./testing/models.fixture.ts";

/** Every request that the document prints, in its order, against a fresh server; what it prints of answers is compared. */
let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-document-"));
  server = await serverProcess(join(folder, "data"));
  await server.start();
});
afterAll(async () => {
  await server.kill();
  await server.down();
  await rm(folder, { recursive: true, force: true });
});

const PRINTED = {
  id: expect.any(Number),
  version_id: expect.any(Number),
  k8s_service_name: expect.stringMatching(/^model-1-\d{10}$/),
  url: expect.stringMatching(/^http:\/\/localhost:\d+\/api\/v1\/predict\/1$/),
  replicas: expect.any(Number),
  created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
  updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
};

const ask = async (method: string, path: string, body?: object) => {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const predict = async (url: string) => {
  const answer = await fetch(`${url}/predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ instances: [[5.1, 3.5, 1.4, 0.2]] }),
  });
  return { status: answer.status, body: (await answer.json()) as { predictions?: { label: number }[] } };
};

describe("the document's own walk", () => {
  let url = "";

  test("a version that is not READY is not deployed", async () => {
    expect((await ask("POST", "/api/v1/models", { name: "iris" })).body).toMatchObject({ id: 1, name: "iris" });
    expect((await ask("POST", "/api/v1/models/1/versions", {})).body).toMatchObject({ id: 1, status: "PENDING" });
    const refused = await ask("POST", "/api/v1/versions/1/deployments", { replicas: 1 });
    expect(refused).toMatchObject({ status: 409, body: { code: "failed_precondition" } });
    expect((await ask("GET", "/api/v1/deployments")).body).toEqual({ items: [], nextCursor: null });
  });

  test("POST /api/v1/versions/1/upload keeps the model and its requirements", async () => {
    const files = { "model.onnx": IRIS, "requirements.txt": "numpy\n" };
    const parts = Object.entries(files).map(([name, content]): ["file", { name: string; content: Buffer | string }] => [
      "file",
      { name, content },
    ]);
    expect(await upload(server.url, 1, parts)).toMatchObject({ status: 200, body: { id: 1, status: "READY" } });
  });

  test("POST /api/v1/versions/1/deployments answers 201 with every printed field", async () => {
    const { status, body } = await ask("POST", "/api/v1/versions/1/deployments", { replicas: 1 });
    expect(body).toEqual(PRINTED);
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: 1, version_id: 1, replicas: 1 });
    url = String(body.url);
  });

  test("GET /api/v1/deployments/1 answers the URL and the status", async () => {
    const { status, body } = await ask("GET", "/api/v1/deployments/1");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...PRINTED,
      status: "running",
      ready_replicas: 1,
      deployment: expect.stringMatching(/^dep_/),
    });
    expect((await ask("GET", "/api/v1/versions/1/deployments")).body).toEqual({ items: [PRINTED], nextCursor: null });
  });

  test("predictions are answered at the URL through the gateway, as curl asks and with inputs", async () => {
    const looked = await fetch(`${url}/predict`);
    expect(looked.status).toBe(200);
    expect(await looked.json()).toMatchObject({ model: "iris", version: "1", inputs: [{ name: "measures" }] });
    expect(await predict(url)).toMatchObject({ status: 200, body: { predictions: [{ label: 0 }] } });
    const infer = { inputs: [{ name: "measures", shape: [1, 4], datatype: "FP32", data: [6.3, 3.3, 6, 2.5] }] };
    const answer = await fetch(`${url}/v2/models/iris/infer`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(infer),
    });
    expect(await answer.json()).toMatchObject({ model_name: "iris", outputs: [{ name: "label", data: [2] }, {}] });
  });

  test("another version reaches the same address by a rollout of /v1, and the record follows", async () => {
    await ask("POST", "/api/v1/models/1/versions", {});
    await upload(server.url, 2, [["file", { name: "model.onnx", content: IRIS_2 }]]);
    const { deployment } = (await ask("GET", "/api/v1/deployments/1")).body;
    const changed = await ask("PATCH", `/v1/deployments/${deployment}`, {
      version: "2",
      strategy: { type: "canary", steps: [{ setWeight: 50 }] },
    });
    expect(changed.status).toBe(202);
    await expect.poll(async () => (await ask("GET", "/api/v1/deployments/1")).body.version_id).toBe(2);
    expect(await (await fetch(`${url}/predict`)).json()).toMatchObject({ version: "2" });
  });

  test("the request of the usage example deploys with two replicas", async () => {
    const { status, body } = await ask("POST", "/api/v1/versions/1/deployments", { replicas: 2 });
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: 2, replicas: 2, url: expect.stringContaining("/api/v1/predict/2") });
    expect((await ask("GET", "/api/v1/deployments/2")).body).toMatchObject({ ready_replicas: 2 });
  });

  test("DELETE /api/v1/deployments/1 takes the record, the route and the instances away", async () => {
    const { deployment } = (await ask("GET", "/api/v1/deployments/1")).body;
    expect(await ask("DELETE", "/api/v1/deployments/1")).toEqual({
      status: 200,
      body: { id: 1, deleted: true, warning: null },
    });
    expect((await ask("GET", "/api/v1/deployments/1")).status).toBe(404);
    expect((await ask("DELETE", "/api/v1/deployments/1")).status).toBe(404);
    expect((await ask("GET", `/v1/deployments/${deployment}`)).status).toBe(404);
    expect((await predict(url)).status).toBe(404);
  });
});

test("a deployment that fails leaves no record behind and says why", async () => {
  await ask("POST", "/api/v1/models", { name: "broken" });
  const { id } = (await ask("POST", "/api/v1/models/2/versions", {})).body;
  await upload(server.url, Number(id), [["file", { name: "model.onnx", content: "this is no model" }]]);
  const before = (await ask("GET", "/api/v1/deployments")).body;
  const { status, body } = await ask("POST", `/api/v1/versions/${id}/deployments`, { replicas: 1 });
  expect(status).toBe(409);
  expect(body.detail).toContain("nothing of it was kept");
  expect(body.detail).toContain("ONNX Runtime cannot load the model");
  expect((await ask("GET", "/api/v1/deployments")).body).toEqual(before);
  await expect.poll(async () => (await ask("GET", "/v1/deployments?artifact=broken")).body.items).toEqual([]);
});

test("a deployment that was sent twice with one Idempotency-Key is one", async () => {
  const send = (body: object) =>
    fetch(`${server.url}/api/v1/versions/1/deployments`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", "idempotency-key": "k-1" },
    });
  const [first, again] = await Promise.all([send({ replicas: 1 }), send({ replicas: 1 })]);
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(await again.json()).toEqual(await first.json());
  expect((await send({ replicas: 2 })).status).toBe(409);
});

test("what serves survives a server that is killed, and so does a deployment under way", async () => {
  const under = ask("POST", "/api/v1/versions/2/deployments", { replicas: 1 }).catch(() => null);
  await expect
    .poll(async () => ((await ask("GET", "/api/v1/versions/2/deployments")).body.items as unknown[]).length)
    .toBe(1);
  await server.kill();
  await under;
  await server.start();
  const [made] = (await ask("GET", "/api/v1/versions/2/deployments")).body.items as { id: number; url: string }[];
  await expect.poll(async () => (await ask("GET", `/api/v1/deployments/${made?.id}`)).body.status).toBe("running");
  expect((await predict(made?.url ?? "")).status).toBe(200);
});
