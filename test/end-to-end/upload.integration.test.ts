import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../packages/cli/src/program.ts";
import { testIo } from "../../packages/cli/src/testing/io.ts";
import { startProxy } from "../console/proxy.ts";
import { type System, startSystem } from "./system.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

test("sluice model upload goes on after a broken request and after the server was killed, without sending all of it again", async () => {
  const content = randomBytes(40_000_000);
  const file = join(system.root, "model.onnx");
  await writeFile(file, content);
  let pieces = 0;
  let restarted: Promise<void> | null = null;
  await using proxy = await startProxy(() => system.url);
  proxy.fate = (method) => {
    if (method !== "PATCH") return undefined;
    pieces += 1;
    if (pieces === 5) restarted = system.kill().then(() => system.start());
    return pieces === 2 || pieces === 5 ? { status: 502 } : undefined;
  };
  const sluice = async (...argv: string[]) => {
    const io = testIo({ environment: { SLUICE_URL: proxy.url } });
    const exitCode = await run(argv, io);
    return { exitCode, out: io.out(), err: io.err() };
  };
  await sluice("model", "create", "iris");
  await sluice("model", "version", "1");
  const uploaded = await sluice("model", "upload", "1", file);
  await restarted;
  expect(uploaded.err).toContain("going on from byte");
  expect(uploaded).toMatchObject({ exitCode: 0, out: expect.stringContaining("READY") });
  // Ten pieces make the file; two of them were refused, and at most one was lost with the server.
  expect(pieces).toBeLessThanOrEqual(14);
  expect((await system.send("GET", "/api/v1/versions/1")).body).toMatchObject({
    files: [{ name: "model.onnx", bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") }],
  });
  const before = pieces;
  const again = await sluice("model", "upload", "1", file);
  // What is there is not sent again: one empty piece asks for it to be put together, and it has been.
  expect([again.exitCode, pieces - before]).toEqual([0, 1]);
});
