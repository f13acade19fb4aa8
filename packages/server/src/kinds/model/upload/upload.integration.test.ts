import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IRIS, IRIS_2, type ModelsApi, modelsApi, type Part } from "../testing/models.fixture.ts";

let api: ModelsApi;
beforeAll(async () => {
  api = await modelsApi({ models: { uploadLimit: 4_000_000 } });
});
afterAll(() => api.close());

const sha256 = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");
const file = (name: string, content: Buffer | string): Part => ["file", { name, content }];

let names = 0;
/** A version that waits for its files. */
async function fresh(): Promise<number> {
  names += 1;
  const model = await api.ask("POST", "/api/v1/models", { body: { name: `model-${names}` } });
  const version = await api.ask("POST", `/api/v1/models/${idOf(model.body)}/versions`);
  expect(version).toMatchObject({ status: 201, body: { status: "PENDING", version: "1", files: [], s3_path: null } });
  return idOf(version.body);
}

const idOf = (body: unknown): number => (body as { id: number }).id;
const statusOf = async (id: number) => (await api.ask("GET", `/api/v1/versions/${id}`)).body;

test("a model with its requirements becomes READY, and a version of its artifact with the digests of its files", async () => {
  const id = await fresh();
  const requirements = "scikit-learn==1.7.0\n";
  const answer = await api.upload(id, [
    ["sha256", sha256(IRIS)],
    file("model.onnx", IRIS),
    file("requirements.txt", requirements),
  ]);
  expect(answer).toMatchObject({
    status: 200,
    body: {
      id,
      status: "READY",
      runtime: "onnx",
      s3_path: `s3://models/default/model-${names}/1`,
      files: [
        { name: "model.onnx", bytes: IRIS.length, sha256: sha256(IRIS) },
        { name: "requirements.txt", bytes: requirements.length, sha256: sha256(requirements) },
      ],
    },
  });
  expect(await statusOf(id)).toEqual(answer.body);
  const version = await api.ask("GET", `/v1/artifacts/model-${names}/versions/1`);
  expect(version.body).toMatchObject({
    spec: { runtime: "onnx", files: `s3://models/default/model-${names}/1`, manifest: [{ sha256: sha256(IRIS) }, {}] },
  });
});

test("the same upload again changes nothing, and other files are refused", async () => {
  const id = await fresh();
  const first = await api.upload(id, [file("model.onnx", IRIS)]);
  const stored = await api.stored();
  expect(await api.upload(id, [file("model.onnx", IRIS)])).toEqual(first);
  const other = await api.upload(id, [file("model.onnx", IRIS_2)]);
  expect(other).toMatchObject({ status: 409, body: { code: "already_exists" } });
  expect(await statusOf(id)).toEqual(first.body);
  expect(await api.stored()).toEqual(stored);
});

test("files may come one by one: the version is READY with its model", async () => {
  const id = await fresh();
  expect((await api.upload(id, [file("requirements.txt", "numpy\n")])).body).toMatchObject({ status: "PENDING" });
  expect((await api.upload(id, [file("requirements.txt", "numpy==2.0.0\n")])).body).toMatchObject({
    status: "PENDING",
  });
  const ready = await api.upload(id, [file("model.joblib", "weights")]);
  expect(ready.body).toMatchObject({
    status: "READY",
    runtime: "joblib",
    files: [{ name: "model.joblib" }, { bytes: 13 }],
  });
  expect((await api.stored()).filter((name) => name === "requirements.txt").length).toBeGreaterThan(0);
});

test("uploads of one version at the same time leave one of them, whole", async () => {
  const id = await fresh();
  const answers = await Promise.all(
    [IRIS, IRIS_2, IRIS].map((content) => api.upload(id, [file("model.onnx", content)])),
  );
  const kept = answers.filter(({ status }) => status === 200).map(({ body }) => JSON.stringify(body));
  expect(new Set(kept).size).toBe(1);
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  expect(JSON.stringify(await statusOf(id))).toBe(kept[0]);
});

test.each([
  "../model.onnx",
  "/etc/model.onnx",
  "a/b.onnx",
  "..\\model.onnx",
  "modèle.onnx",
  "bomb.zip",
  "model.tar.gz",
])("a file called %j is refused, and nothing of it is kept", async (name) => {
  const before = await api.stored();
  const id = await fresh();
  const answer = await api.upload(id, [file(name, IRIS)]);
  expect(answer).toMatchObject({ status: 400, body: { code: "invalid_argument", errors: [{ field: "file" }] } });
  expect(await statusOf(id)).toMatchObject({ status: "FAILED", files: [] });
  expect(await api.stored()).toEqual(before);
});

describe("refused, and nothing of it is kept", () => {
  const expectNothingKept = async (id: number, before: string[], reason: string): Promise<void> => {
    expect(await statusOf(id)).toMatchObject({ status: "FAILED", files: [], reason: expect.stringContaining(reason) });
    expect(await api.stored()).toEqual(before);
    // What failed can be tried again.
    expect((await api.upload(id, [file("model.onnx", IRIS)])).body).toMatchObject({ status: "READY", reason: null });
  };

  test("a wrong checksum", async () => {
    const [id, before] = [await fresh(), await api.stored()];
    const answer = await api.upload(id, [["sha256", sha256("other")], file("model.onnx", IRIS)]);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "sha256", found: sha256("other") }] } });
    await expectNothingKept(id, before, sha256(IRIS));
  });

  test("a good file beside a bad one", async () => {
    const [id, before] = [await fresh(), await api.stored()];
    const answer = await api.upload(id, [
      file("model.onnx", IRIS),
      ["sha256", sha256("x")],
      file("requirements.txt", "y"),
    ]);
    expect(answer.status).toBe(400);
    await expectNothingKept(id, before, "requirements.txt");
  });

  test.each([
    ["no file", [], "at least one file"],
    ["a field that means nothing", [["colour", "red"], file("model.onnx", IRIS)], "sha256"],
    ["a checksum that is none", [["sha256", "abc"], file("model.onnx", IRIS)], "64 hexadecimal digits"],
    ["a file twice", [file("model.onnx", IRIS), file("model.onnx", IRIS)], "each file once"],
    ["an empty file", [file("model.onnx", "")], "is empty"],
  ] satisfies [string, Part[], string][])("%s", async (_what, parts, reason) => {
    const [id, before] = [await fresh(), await api.stored()];
    expect(await api.upload(id, parts)).toMatchObject({ status: 400, body: { code: "invalid_argument" } });
    await expectNothingKept(id, before, reason);
  });

  test("more than the server takes", async () => {
    const [id, before] = [await fresh(), await api.stored()];
    const answer = await api.upload(id, [file("model.onnx", randomBytes(4_100_000))]);
    expect(answer).toMatchObject({ status: 413, body: { code: "resource_exhausted" } });
    await expectNothingKept(id, before, "SLUICE_UPLOAD_LIMIT");
  });

  test.each([
    ["with a length", "content-length: 3000000"],
    ["in chunks", "transfer-encoding: chunked"],
  ])("a caller that leaves half-way, %s", async (_how, header) => {
    const [id, before] = [await fresh(), await api.stored()];
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    const head = `POST /api/v1/versions/${id}/upload HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${header}\r\ncontent-type: multipart/form-data; boundary=b\r\n\r\n`;
    const part = `--b\r\ncontent-disposition: form-data; name="file"; filename="model.onnx"\r\n\r\n${"x".repeat(300_000)}`;
    socket.write(head + (header.startsWith("transfer") ? `${part.length.toString(16)}\r\n${part}\r\n` : part));
    await expect.poll(async () => (await api.stored()).length).toBe(before.length + 1);
    socket.destroy();
    await expect.poll(async () => ((await statusOf(id)) as { status: string }).status).toBe("FAILED");
    await expectNothingKept(id, before, "cut off");
  });

  test("a form that ends too early", async () => {
    const [id, before] = [await fresh(), await api.stored()];
    const answer = await fetch(`${api.url}/api/v1/versions/${id}/upload`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=b" },
      body: '--b\r\ncontent-disposition: form-data; name="file"; filename="model.onnx"\r\n\r\nhalf of it',
    });
    expect(answer.status).toBe(400);
    await expectNothingKept(id, before, "no complete multipart form");
  });
});

test("what is no form is refused by what it should be", async () => {
  const id = await fresh();
  const answer = await api.ask("POST", `/api/v1/versions/${id}/upload`, { body: { file: "x" } });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "headers.content-type" }] } });
  const bare = await api.ask("POST", `/api/v1/versions/${id}/upload`, {
    headers: { "content-type": "multipart/form-data" },
  });
  expect(bare.status).toBe(400);
  expect((await api.upload(999_999, [file("model.onnx", IRIS)])).status).toBe(404);
});
