import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_ADMIN } from "../../../access/principal.ts";
import { readConfig } from "../../../config.ts";
import type { StorageConfig } from "../../../storage/storage.config.ts";
import { startS3 } from "../../../storage/testing/s3.server.ts";
import { type Answer, type TestApp, testApp } from "../../../testing/app.ts";
import { type TestDatabase, testDatabase } from "../../../testing/database.ts";

const DAY = 24 * 3_600_000;
const PIECE = "application/offset+octet-stream";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

interface Opened {
  storage: StorageConfig;
  close(): Promise<void>;
}

const STORES: readonly (readonly [string, () => Promise<Opened>])[] = [
  ["a folder", async () => ({ storage: readConfig({}).models.storage, close: async () => undefined })],
  [
    "a server that speaks S3",
    async () => {
      const server = await startS3();
      return { storage: server.config, close: () => server.close() };
    },
  ],
];

describe.each(STORES)("an upload to %s", (_name, open) => {
  let store: Opened;
  let database: TestDatabase;
  let dataDir: string;
  let api: TestApp;
  let url: string;
  let now = Date.now();
  let names = 0;

  const start = async (): Promise<void> => {
    const models = { ...readConfig({}).models, storage: store.storage, uploadLimit: 60_000_000 };
    const shared = { ...database, close: async () => undefined };
    api = await testApp({ auth: true, database: shared, clock: () => now, config: { dataDir, models } });
    url = await api.app.listen({ host: "127.0.0.1", port: 0 });
  };
  let own: Record<string, string>;
  let foreign: Record<string, string>;
  beforeAll(async () => {
    [store, database, dataDir] = [await open(), await testDatabase(), await mkdtemp(join(tmpdir(), "sluice-tus-"))];
    await start();
    await api.services.projects.create(LOCAL_ADMIN, { name: "other" });
    const bearer = async (project: string) => {
      const wanted = { name: project, project, role: "deployer" as const, environment: null, expiresAt: null };
      return { authorization: `Bearer ${(await api.services.tokens.create(LOCAL_ADMIN, wanted)).secret}` };
    };
    [own, foreign] = [await bearer("default"), await bearer("other")];
  });
  afterAll(async () => {
    await api?.close();
    await database?.close();
    await store?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const ask = (method: "GET" | "POST" | "DELETE", path: string, body?: object) =>
    api.ask(method, path, { headers: own, ...(body && { body }) });

  /** A version that waits for its files. */
  const fresh = async (): Promise<string> => {
    names += 1;
    const model = (await ask("POST", "/api/v1/models", { name: `model-${names}` })).body as { id: number };
    const version = (await ask("POST", `/api/v1/models/${model.id}/versions`, {})).body as { id: number };
    return `/api/v1/versions/${version.id}`;
  };
  const begin = (version: string, bytes: number, metadata: string, headers = own): Promise<Answer> =>
    api.ask("POST", `${version}/uploads`, {
      headers: { ...headers, "tus-resumable": "1.0.0", "upload-length": String(bytes), "upload-metadata": metadata },
    });
  const named = (name: string, more: Record<string, string> = {}): string =>
    Object.entries({ filename: name, ...more })
      .map(([key, value]) => `${key} ${base64(value)}`)
      .join(",");
  const send = (place: string, offset: number, content: Buffer, headers = own): Promise<Response> =>
    fetch(url + place, {
      method: "PATCH",
      headers: { ...headers, "content-type": PIECE, "upload-offset": String(offset) },
      body: new Uint8Array(content),
    });
  const offsetOf = async (place: string): Promise<number> => {
    const answer = await fetch(url + place, { method: "HEAD", headers: own });
    return Number(answer.headers.get("upload-offset") ?? Number.NaN);
  };
  /** Announces everything from the offset on, sends so many bytes of it, and hangs up. */
  const cut = async (place: string, offset: number, content: Buffer, after: number): Promise<void> => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const rest = content.subarray(offset);
    const head = [
      ...[`PATCH ${place} HTTP/1.1`, `host: ${hostname}:${port}`, `authorization: ${own.authorization}`],
      ...[`content-type: ${PIECE}`, `upload-offset: ${offset}`, `content-length: ${rest.length}`],
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined).resume();
    socket.end(rest.subarray(0, after));
    await closed;
  };
  /** Where a request that was cut has left its file: more is there than before, and nothing that was not sent. */
  const broken = async (place: string, before: number, sent: number): Promise<number> => {
    await expect.poll(() => offsetOf(place)).toBeGreaterThan(before);
    const offset = await offsetOf(place);
    // The server's own buffer goes with the connection.
    expect(offset).toBeLessThanOrEqual(sent);
    return offset;
  };
  const parts = async (): Promise<string[]> => {
    const found = await Array.fromAsync(
      api.services.models.storage.list({ bucket: store.storage.bucket, key: ".uploads" }),
    );
    return found.map(({ key }) => key);
  };

  test("goes on where a cut connection left it, and where the server did that was started anew", async () => {
    // More than one part of what the server keeps at once.
    const content = randomBytes(18_000_000);
    const version = await fresh();
    const begun = await begin(version, content.length, named("model.onnx", { sha256: sha256(content) }));
    expect(begun).toMatchObject({ status: 201, body: { name: "model.onnx", received: 0, bytes: content.length } });
    const place = String(begun.headers.location);
    await cut(place, 0, content, 17_500_000);
    const kept = await broken(place, 16_777_216, 17_500_000);
    await api.close();
    await start();
    expect(await offsetOf(place)).toBe(kept);
    await cut(place, kept, content, 300_000);
    const more = await broken(place, kept, kept + 300_000);
    expect((await ask("GET", `${version}/uploads`)).body).toMatchObject({ items: [{ received: more }] });
    const last = await send(place, more, content.subarray(more));
    expect([last.status, last.headers.get("upload-offset")]).toEqual([204, String(content.length)]);
    expect((await ask("GET", version)).body).toMatchObject({
      status: "READY",
      files: [{ name: "model.onnx", bytes: content.length, sha256: sha256(content) }],
    });
    // Whoever lost the last answer asks again, and is answered the same.
    expect(await offsetOf(place)).toBe(content.length);
    expect((await send(place, content.length, Buffer.alloc(0))).status).toBe(204);
    expect(await parts()).toEqual([]);
    expect((await ask("GET", `${version}/uploads`)).body).toMatchObject({ items: [] });
  });

  test("begun again with the same checksum or fingerprint is the same upload", async () => {
    const version = await fresh();
    const file = named("model.onnx", { fingerprint: "1763805600000" });
    const first = await begin(version, 1_000, file);
    await send(String(first.headers.location), 0, Buffer.alloc(400));
    const again = await begin(version, 1_000, file);
    expect(again).toMatchObject({ status: 201, body: { received: 400 } });
    expect(again.headers.location).toBe(first.headers.location);
    const changed = await begin(version, 1_000, named("model.onnx", { fingerprint: "1763805699999" }));
    expect(changed.headers.location).not.toBe(first.headers.location);
    expect((await ask("DELETE", String(first.headers.location))).status).toBe(204);
    expect(await offsetOf(String(first.headers.location))).toBeNaN();
    expect(await parts()).toEqual([]);
  });

  test("of several files makes the version READY with the last, and one that is there need not come again", async () => {
    const version = await fresh();
    const [encoder, model] = [randomBytes(2_000), randomBytes(3_000)];
    const first = `${named("encoder.onnx", { sha256: sha256(encoder) })},more`;
    await send(String((await begin(version, encoder.length, first)).headers.location), 0, encoder);
    expect((await ask("GET", version)).body).toMatchObject({ status: "PENDING", files: [{ name: "encoder.onnx" }] });
    expect((await begin(version, encoder.length, first)).body).toMatchObject({ received: encoder.length });
    const second = await begin(version, model.length, named("model.onnx", { sha256: sha256(model) }));
    await send(String(second.headers.location), 0, model);
    const ready = { status: "READY", files: [{ name: "encoder.onnx" }, { name: "model.onnx" }] };
    expect((await ask("GET", version)).body).toMatchObject(ready);
    const other = await begin(version, 5, named("model.onnx"));
    expect(other).toMatchObject({ status: 409, body: { code: "already_exists" } });
  });

  test("sent by two at once is one file, without a byte twice", async () => {
    const version = await fresh();
    const content = randomBytes(600_000);
    const begun = await begin(version, content.length, named("model.onnx", { sha256: sha256(content) }));
    const place = String(begun.headers.location);
    const answers = await Promise.all([0, 1, 2].map(() => send(place, 0, content).then(({ status }) => status)));
    expect(answers).toContain(204);
    expect(answers.every((status) => status === 204 || status === 409)).toBe(true);
    expect((await ask("GET", version)).body).toMatchObject({ status: "READY", files: [{ sha256: sha256(content) }] });
    expect(await parts()).toEqual([]);
  });

  test("that comes to another checksum is refused, and nothing of it is kept", async () => {
    const version = await fresh();
    const begun = await begin(version, 4, named("model.onnx", { sha256: "ab".repeat(32) }));
    const refused = await send(String(begun.headers.location), 0, Buffer.from("0123"));
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ field: "sha256" }] });
    expect((await ask("GET", version)).body).toMatchObject({ status: "FAILED", files: [] });
    expect(await offsetOf(String(begun.headers.location))).toBeNaN();
    expect(await parts()).toEqual([]);
  });

  test("is refused where it makes no sense, in words that help", async () => {
    const version = await fresh();
    expect((await begin(version, 0, named("model.onnx"))).status).toBe(400);
    const large = await begin(version, 60_000_001, named("model.onnx"));
    expect(large).toMatchObject({ status: 413, body: { detail: expect.stringContaining("SLUICE_UPLOAD_LIMIT") } });
    expect((await begin(version, 10, named("../model.onnx"))).status).toBe(400);
    expect((await begin(version, 10, "filename")).status).toBe(400);
    const place = String((await begin(version, 10, named("model.onnx"))).headers.location);
    const ahead = await send(place, 5, Buffer.from("56789"));
    expect([ahead.status, (await ahead.json()) as object]).toEqual([
      409,
      expect.objectContaining({ code: "aborted", detail: expect.stringContaining("Upload-Offset: 0") }),
    ]);
    expect((await send(place, 0, Buffer.alloc(11))).status).toBe(400);
    expect(await offsetOf(place)).toBe(0);
    const plain = await fetch(url + place, { method: "PATCH", headers: { ...own, "upload-offset": "0" }, body: "x" });
    expect(plain.status).toBe(415);
  });

  test("of another project is not there", async () => {
    const version = await fresh();
    const place = String((await begin(version, 10, named("model.onnx"))).headers.location);
    expect((await begin(version, 10, named("model.onnx"), foreign)).status).toBe(404);
    expect((await begin("/api/v1/versions/999999", 10, named("model.onnx"), foreign)).status).toBe(404);
    expect((await send(place, 0, Buffer.from("0123456789"), foreign)).status).toBe(404);
    expect((await api.ask("DELETE", place, { headers: foreign })).status).toBe(404);
    expect((await api.ask("GET", `${version}/uploads`, { headers: foreign })).status).toBe(404);
    expect(await offsetOf(place)).toBe(0);
  });

  test("that nobody goes on with for a day is forgotten, and others are not", async () => {
    const version = await fresh();
    const left = String((await begin(version, 10, named("left.bin"))).headers.location);
    await send(left, 0, Buffer.from("0123"));
    now += DAY - 60_000;
    const live = String((await begin(version, 10, named("live.bin"))).headers.location);
    await send(live, 0, Buffer.from("0123"));
    await api.services.models.resumable.forgetAbandoned();
    expect(await offsetOf(left)).toBe(4);
    now += 120_000;
    expect(await api.services.models.resumable.forgetAbandoned()).toBeGreaterThan(0);
    expect(await offsetOf(left)).toBeNaN();
    expect(await offsetOf(live)).toBe(4);
    expect((await parts()).length).toBe(1);
  });
});
