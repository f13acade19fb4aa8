import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { processConfig } from "../../config.ts";
import { openStorage } from "../../storage/storage.ts";
import { type S3Server, startS3 } from "../../storage/testing/s3.server.ts";
import { IRIS } from "./testing/models.fixture.ts";

/** What the image of the model server does, as the processes that its containers are. */
const ENTRY = fileURLToPath(import.meta.resolve("@sluice/model-server").replace("index.ts", "image/image.main.ts"));
const SHA256 = createHash("sha256").update(IRIS).digest("hex");
const PLACE = { bucket: "models", key: "default/iris/1" };

let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3();
  await put("u1/model.onnx", IRIS);
  await put("u1/notes.txt", "for people");
});
afterAll(() => s3.close());

async function put(path: string, content: string | Buffer): Promise<void> {
  const store = openStorage(s3.config, "");
  await store.put({ bucket: PLACE.bucket, key: `${PLACE.key}/${path}` }, Readable.from([Buffer.from(content)]));
  store.close();
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "sluice-image-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const start = (command: string, variables: Record<string, string>) =>
  spawn(process.execPath, [ENTRY, command], { env: { ...processConfig().programEnv, ...variables }, stdio: "pipe" });

const storage = (variables: Record<string, string> = {}): Record<string, string> => ({
  MODEL_BUCKET: PLACE.bucket,
  MODEL_KEY: PLACE.key,
  MODEL_FILES: JSON.stringify([{ name: "model.onnx", path: "u1/model.onnx", sha256: SHA256 }]),
  S3_ENDPOINT: s3.config.endpoint ?? "",
  AWS_ACCESS_KEY_ID: s3.config.accessKey,
  AWS_SECRET_ACCESS_KEY: s3.config.secretKey,
  ...variables,
});

async function fetched(variables: Record<string, string>) {
  const child = start("fetch", variables);
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, output, errors };
}

test("what one container fetches another serves, below the path of its Ingress and at its root, until it is told to stop", async () => {
  const MODEL_FOLDER = await folder();
  expect(await fetched(storage({ MODEL_FOLDER }))).toEqual({ code: 0, output: "fetched model.onnx\n", errors: "" });

  const variables = { MODEL_FOLDER, MODEL_NAME: "iris", MODEL_VERSION: "3", BASE_PATH: "/api/v1/predict/7", PORT: "0" };
  const server = start("serve", { ...variables, HOST: "127.0.0.9" });
  onTestFinished(() => void server.kill("SIGKILL"));
  const exit = once(server, "exit");
  const [, url = ""] = /serving iris 3 at (http:\S+)/.exec(String((await once(server.stdout, "data"))[0])) ?? [];
  expect(new URL(url).hostname).toBe("127.0.0.9");
  for (const base of ["", "/api/v1/predict/7"]) {
    expect((await fetch(`${url}${base}/v2/health/ready`)).status).toBe(200);
    const asked = { method: "POST", body: JSON.stringify({ instances: [[5.1, 3.5, 1.4, 0.2]] }) };
    const answer = await fetch(`${url}${base}/predict`, {
      ...asked,
      headers: { "content-type": "application/json" },
    });
    expect(await answer.json()).toMatchObject({ predictions: [{ label: 0 }] });
  }
  server.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
});

test("without a list of files, those that are there are taken as they are", async () => {
  const MODEL_FOLDER = await folder();
  const run = await fetched(storage({ MODEL_FOLDER, MODEL_KEY: "default/iris/1/u1", MODEL_FILES: "[]" }));
  expect(run).toMatchObject({ code: 0 });
  expect((await readdir(join(MODEL_FOLDER, "files"))).sort()).toEqual(["model.onnx", "notes.txt"]);
});

test.each([
  [
    "another content",
    { MODEL_FILES: JSON.stringify([{ name: "m.onnx", path: "u1/model.onnx", sha256: "0".repeat(64) }]) },
    "was registered with the SHA-256 0000",
  ],
  ["nothing there", { MODEL_KEY: "default/none/1" }, "s3://models/default/none/1/u1/model.onnx does not exist"],
  [
    "wrong keys",
    { AWS_ACCESS_KEY_ID: "nobody", AWS_SECRET_ACCESS_KEY: "wrong-s3cret" },
    "the storage cannot be used: it answered InvalidAccessKeyId",
  ],
  ["a storage that is away", { S3_ENDPOINT: "127.0.0.1:1" }, "the storage cannot be used: it answered ECONNREFUSED"],
  ["no bucket", { MODEL_BUCKET: "" }, "MODEL_BUCKET is missing"],
])("fetching ends with the reason, and leaves nothing: %s", async (_, variables, reason) => {
  const MODEL_FOLDER = await folder();
  const { code, errors } = await fetched(storage({ MODEL_FOLDER, ...variables }));
  expect(code).toBe(1);
  expect(errors).toContain(reason);
  expect(errors).not.toContain("s3cret");
  expect(await readdir(MODEL_FOLDER)).toEqual([]);
});

test.each([
  ["serve", "there are no files in"],
  ["dance", "usage: sluice-model-server fetch | serve"],
])("%s without what it needs says so", async (command, words) => {
  const child = start(command, { MODEL_FOLDER: await folder() });
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  expect(errors).toContain(words);
  expect(code).not.toBe(0);
});
