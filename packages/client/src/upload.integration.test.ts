import { openAsBlob, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { createClient } from "./client.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

type Act = "take" | "cut" | "away" | "refuse";

/** Keeps what arrives, and does with the nth piece what it is told (the last again and again). */
async function receiver(...acts: Act[]) {
  const asked: string[] = [];
  let kept = Buffer.alloc(0);
  let pieces = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked.push(request.method ?? "");
    response.setHeader("upload-offset", kept.length);
    if (request.method === "POST") {
      response.writeHead(201, { location: "/api/v1/versions/1/uploads/upl_1" }).end();
      return;
    }
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    const content = await buffer(request);
    if (Number(request.headers["upload-offset"]) !== kept.length) {
      response.writeHead(409).end('{"status":409,"detail":"elsewhere","title":"Aborted","code":"aborted"}');
      return;
    }
    pieces += 1;
    const act = acts[Math.min(pieces, acts.length) - 1];
    if (act === "away") response.writeHead(503).end();
    else if (act === "refuse") response.writeHead(400).end('{"status":400,"detail":"no such sum","title":"bad"}');
    else {
      kept = Buffer.concat([kept, act === "cut" ? content.subarray(0, 3) : content]);
      if (act === "cut") response.destroy();
      else response.writeHead(204, { "upload-offset": kept.length }).end();
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { client: createClient({ url: `http://127.0.0.1:${port}` }), asked, kept: () => kept.toString() };
}

const file = { version: 1, name: "model.onnx", content: new Blob(["0123456789"]) };

test("goes on from the byte that arrived last when the connection is cut, and when the server is away", async () => {
  const { client, kept } = await receiver("cut", "cut", "away", "take");
  const breaks: string[] = [];
  const seen: number[] = [];
  await client.sendModelFile(file, {
    firstWaitMs: 1,
    onProgress: (bytes) => seen.push(bytes),
    onBreak: ({ message }) => breaks.push(message),
  });
  expect(kept()).toBe("0123456789");
  expect(seen.at(-1)).toBe(10);
  expect(seen).toEqual(seen.toSorted((left, right) => left - right));
  expect(breaks.length).toBeGreaterThan(0);
});

test("throws what it is refused for at once, and what breaks it in the end", async () => {
  const refused = await receiver("refuse");
  await expect(refused.client.sendModelFile(file)).rejects.toThrow("no such sum");
  expect(refused.asked).toEqual(["POST", "PATCH"]);
  const away = await receiver("away");
  await expect(away.client.sendModelFile(file, { attempts: 2, firstWaitMs: 1 })).rejects.toMatchObject({ status: 503 });
  expect(away.asked).toEqual(["POST", "PATCH", "HEAD", "PATCH", "HEAD", "PATCH"]);
});

test("throws that the file was changed meanwhile, and does not take that for a broken connection", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-changed-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "model.onnx");
  await writeFile(path, "0123456789");
  const { client, asked, kept } = await receiver("take");
  const changed = { ...file, content: await openAsBlob(path) };
  await writeFile(path, "another content");
  await expect(client.sendModelFile(changed)).rejects.toThrow("model.onnx cannot be read any more");
  expect([asked, kept()]).toEqual([["POST"], ""]);
});

test("stops when it is told to, with the signal's reason", async () => {
  const { client } = await receiver("away");
  const stop = new AbortController();
  const sending = client.sendModelFile(file, {
    signal: stop.signal,
    firstWaitMs: 60_000,
    onBreak: () => stop.abort(new Error("paused")),
  });
  await expect(sending).rejects.toThrow("paused");
});
