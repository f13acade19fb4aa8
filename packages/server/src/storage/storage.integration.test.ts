import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { createFolderStore } from "./folder.store.ts";
import type { ObjectStore } from "./object-store.ts";
import type { S3Config } from "./storage.config.ts";
import { openStorage } from "./storage.ts";
import { describeStore } from "./store.suite.ts";
import { startS3 } from "./testing/s3.server.ts";

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), "sluice-store-"));
const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

const s3 = (port: number, keys: { accessKey: string; secretKey: string }): S3Config => ({
  type: "s3",
  endpoint: `http://127.0.0.1:${port}`,
  region: "us-east-1",
  bucket: "models",
  ...keys,
});

describe("a folder", () => {
  describeStore(async () => {
    const path = await folder();
    return {
      store: createFolderStore(path),
      leftovers: () => readdir(join(path, ".incoming")),
      close: () => remove(path),
    };
  });
});

describe("a server that speaks S3", () => {
  describeStore(async () => {
    const server = await startS3();
    const store = openStorage(server.config, "");
    return {
      store,
      leftovers: async () => Array.from({ length: server.openUploads() }, () => "an upload"),
      close: async () => {
        store.close();
        await server.close();
      },
    };
  });
});

const minio = spawnSync("minio", ["--version"]).status === 0;
if (!minio) process.stdout.write("left out: MinIO is not on the PATH\n");

describe.skipIf(!minio)("MinIO", () => {
  describeStore(async () => {
    const directory = await folder();
    const keys = { accessKey: "sluice-test", secretKey: "sluice-secret" };
    const env = {
      PATH: "/usr/bin:/bin",
      HOME: directory,
      MINIO_ROOT_USER: keys.accessKey,
      MINIO_ROOT_PASSWORD: keys.secretKey,
    };
    const port = 20_000 + (process.pid % 20_000);
    const server = spawn(whereIs("minio"), ["server", "--address", `127.0.0.1:${port}`, directory], {
      env,
      stdio: "ignore",
    });
    const config = s3(port, keys);
    const store = openStorage(config, directory);
    while (!(await isReady(store))) await sleep(100);
    const client = new S3Client({
      ...{ region: config.region, endpoint: config.endpoint ?? "", forcePathStyle: true },
      credentials: { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey },
    });
    return {
      store,
      leftovers: async () => {
        const { Uploads = [] } = await client.send(
          new ListMultipartUploadsCommand({ Bucket: "models", Prefix: "cut" }),
        );
        return Uploads.map(({ Key = "" }) => Key);
      },
      close: async () => {
        store.close();
        client.destroy();
        const gone = new Promise((resolve) => server.once("exit", resolve));
        server.kill("SIGKILL");
        await gone;
        await remove(directory);
      },
    };
  });
});

const isReady = (store: ObjectStore): Promise<boolean> =>
  store.prepare("models").then(
    () => true,
    () => false,
  );

const whereIs = (program: string): string => spawnSync("which", [program], { encoding: "utf8" }).stdout.trim();

test("a store that cannot be reached says so, without its keys", async () => {
  const store = openStorage(s3(9, { accessKey: "the-key", secretKey: "the-secret" }), tmpdir());
  const failed = await store.stat({ bucket: "models", key: "k" }).catch((error: unknown) => error);
  store.close();
  expect(failed).toMatchObject({ code: "unavailable" });
  expect(String(failed)).toContain("ECONNREFUSED");
  expect(String(failed)).not.toContain("the-");
});

test("S3 without keys is refused by the names of their variables", () => {
  expect(() => openStorage(s3(9, { accessKey: "", secretKey: "" }), tmpdir())).toThrow(
    "SLUICE_S3_ACCESS_KEY and SLUICE_S3_SECRET_KEY missing",
  );
});

test.each(["../x", "a/../../x", "a//b", "/etc/passwd", "a\0b"])(
  "the folder never leaves itself for %j",
  async (key) => {
    const path = await folder();
    await expect(createFolderStore(path).get({ bucket: "models", key })).rejects.toThrow("without '..'");
    await expect(createFolderStore(path).get({ bucket: "..", key: "x" })).rejects.toThrow("without '..'");
    await remove(path);
  },
);
