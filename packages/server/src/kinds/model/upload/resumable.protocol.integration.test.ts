import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../../config.ts";
import { type TestApp, testApp } from "../../../testing/app.ts";

/** What tus 1.0.0 says that any client of it may rely on (https://tus.io/protocols/resumable-upload). */
const LIMIT = 40_000_000;
const PIECE = "application/offset+octet-stream";
const TEN = Buffer.from("0123456789");
const METADATA = `filename ${Buffer.from("model.onnx").toString("base64")},filetype ${Buffer.from("x/y").toString("base64")}`;
const NOW = Date.parse("2026-11-22T10:00:00.000Z");
const IN_A_DAY = "Mon, 23 Nov 2026 10:00:00 GMT";

let api: TestApp;
let url: string;
beforeAll(async () => {
  const models = { ...readConfig({}).models, uploadLimit: LIMIT };
  api = await testApp({ clock: () => NOW, config: { models } });
  url = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => api?.close());

const ask = (method: string, place: string, headers: Record<string, string> = {}, body?: Buffer): Promise<Response> =>
  fetch(new URL(place, url), {
    method,
    headers: { "tus-resumable": "1.0.0", ...headers },
    ...(body !== undefined && { body: new Uint8Array(body) }),
  });
const send = (place: string, offset: number, body: Buffer, headers: Record<string, string> = {}): Promise<Response> =>
  ask("PATCH", place, { "content-type": PIECE, "upload-offset": String(offset), ...headers }, body);

let names = 0;
/** Where files of a new version are begun. */
async function fresh(): Promise<string> {
  names += 1;
  const model = (await api.ask("POST", "/api/v1/models", { body: { name: `model-${names}` } })).body as { id: number };
  const version = await api.ask("POST", `/api/v1/models/${model.id}/versions`, { body: {} });
  return `/api/v1/versions/${(version.body as { id: number }).id}/uploads`;
}
async function begun(bytes = TEN.length): Promise<string> {
  const answer = await ask("POST", await fresh(), { "upload-length": String(bytes), "upload-metadata": METADATA });
  expect(answer.status).toBe(201);
  return answer.headers.get("location") ?? "";
}
const offsetOf = async (place: string): Promise<string | null> =>
  (await ask("HEAD", place)).headers.get("upload-offset");
const headersOf = ({ headers }: Response, ...wanted: string[]): (string | null)[] =>
  wanted.map((name) => headers.get(name));
const sum = (algorithm: string, content: Buffer): Record<string, string> => ({
  "upload-checksum": `${algorithm} ${createHash(algorithm).update(content).digest("base64")}`,
});

test("says what it can at every address, whichever version it is asked in", async () => {
  for (const place of [await fresh(), await begun()]) {
    for (const version of ["1.0.0", "0.2.2"]) {
      const answer = await ask("OPTIONS", place, { "tus-resumable": version });
      expect(answer.status).toBe(204);
      expect(headersOf(answer, "tus-version", "tus-extension", "tus-max-size", "tus-checksum-algorithm")).toEqual([
        "1.0.0",
        "creation,expiration,checksum,termination",
        String(LIMIT),
        "sha1,sha256,sha512",
      ]);
    }
  }
});

test("does nothing for a version of the protocol that it does not speak", async () => {
  const place = await begun();
  const old = { "tus-resumable": "0.2.2" };
  const all = place.slice(0, place.lastIndexOf("/"));
  for (const answer of [
    await ask("POST", all, { ...old, "upload-length": "5", "upload-metadata": METADATA }),
    await ask("HEAD", place, old),
    await send(place, 0, TEN, old),
    await ask("DELETE", place, old),
  ]) {
    expect([answer.status, ...headersOf(answer, "tus-version", "tus-resumable")]).toEqual([412, "1.0.0", "1.0.0"]);
  }
  expect(await offsetOf(place)).toBe("0");
});

test("answers whoever goes on with what was said in the beginning, how far it is and how long that is kept", async () => {
  const place = await begun();
  const kept = await send(place, 0, TEN.subarray(0, 4));
  expect([kept.status, ...headersOf(kept, "upload-offset", "upload-expires", "tus-resumable")]).toEqual([
    204,
    "4",
    IN_A_DAY,
    "1.0.0",
  ]);
  const told = await ask("HEAD", place);
  expect(
    headersOf(told, "upload-offset", "upload-length", "upload-metadata", "cache-control", "upload-expires"),
  ).toEqual(["4", "10", METADATA, "no-store", IN_A_DAY]);
  const whole = await send(place, 4, TEN.subarray(4));
  expect([whole.status, ...headersOf(whole, "upload-offset", "upload-expires")]).toEqual([204, "10", null]);
});

test("has a status for everything that is refused", async () => {
  const place = await begun();
  const all = place.slice(0, place.lastIndexOf("/"));
  const refused = async (answer: Promise<Response>) => {
    const { status, headers } = await answer;
    expect(headers.get("tus-resumable")).toBe("1.0.0");
    return status;
  };
  const wanted = { "upload-metadata": METADATA, "upload-length": String(LIMIT + 1) };
  expect(await refused(ask("POST", all, wanted))).toBe(413);
  expect(await refused(send(place, 3, TEN))).toBe(409);
  expect(await refused(send(place, 0, TEN, { "content-type": "text/plain" }))).toBe(415);
  expect(await refused(send(place, 0, TEN, { "content-type": "application/octet-stream" }))).toBe(415);
  expect(await refused(ask("PATCH", place, { "content-type": PIECE }, TEN))).toBe(400);
  expect(await refused(send(`${all}/upl_none`, 0, TEN))).toBe(404);
  expect(await offsetOf(place)).toBe("0");
});

test("keeps a piece that comes to its checksum, and nothing of one that does not", async () => {
  // Larger than what the server keeps at once: a part of it would be here before the rest is known.
  const content = randomBytes(20_000_000);
  const place = await begun(content.length);
  const wrong = await send(place, 0, content, sum("sha1", TEN));
  expect([wrong.status, await offsetOf(place)]).toEqual([460, "0"]);
  const unknown = await send(place, 0, content, { "upload-checksum": "crc32 AAAA" });
  expect([unknown.status, await offsetOf(place)]).toEqual([400, "0"]);
  for (const [algorithm, from, to] of [
    ["sha1", 0, 18_000_000],
    ["sha256", 18_000_000, 19_000_000],
    ["sha512", 19_000_000, 20_000_000],
  ] as const) {
    const piece = content.subarray(from, to);
    const answer = await send(place, from, piece, sum(algorithm, piece));
    expect([answer.status, answer.headers.get("upload-offset")]).toEqual([204, String(to)]);
  }
});

test("keeps nothing of a piece with a checksum that is cut off", async () => {
  const place = await begun();
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const head = [
    ...[`PATCH ${place} HTTP/1.1`, `host: ${hostname}:${port}`, `content-type: ${PIECE}`, "upload-offset: 0"],
    ...[`content-length: ${TEN.length}`, `upload-checksum: ${sum("sha1", TEN)["upload-checksum"]}`],
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined).resume();
  socket.end(TEN.subarray(0, 7));
  await closed;
  expect(await offsetOf(place)).toBe("0");
  expect((await send(place, 0, TEN, sum("sha1", TEN))).status).toBe(204);
});

test("takes the method from a header where no other passes", async () => {
  const place = await begun();
  const as = (method: string): Record<string, string> => ({ "x-http-method-override": method });
  const piece = { ...as("PATCH"), "content-type": PIECE, "upload-offset": "0" };
  const sent = await ask("POST", place, piece, TEN.subarray(0, 4));
  expect([sent.status, sent.headers.get("upload-offset")]).toEqual([204, "4"]);
  const bare = await ask("POST", place, { ...as("PATCH"), "content-type": PIECE }, TEN);
  expect(bare.status).toBe(400);
  expect((await ask("POST", place, as("DELETE"))).status).toBe(204);
  expect((await ask("HEAD", place)).status).toBe(404);
  expect((await ask("POST", place, as("PUT"))).status).toBe(400);
});
