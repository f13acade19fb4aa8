import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { processEnvironment } from "../config.ts";

const SLUICE = fileURLToPath(new URL("../../bin/sluice.mjs", import.meta.url));

function sluice(args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [SLUICE, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...processEnvironment(), ...environment },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, exit: once(child, "exit"), stderr: text(child.stderr) };
}

test("a gateway that is run by hand is the process that was started, and ends as it is told", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-become-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { child, exit } = sluice([
    "gateway",
    "--data-dir",
    folder,
    "--port",
    "0",
    "--name",
    "by-hand",
    "--wait-for-routes",
  ]);
  const left = async () => JSON.parse(await readFile(join(folder, "gateway", "admin.json"), "utf8").catch(() => "{}"));
  await expect.poll(async () => (await left()).pid).toBe(child.pid);
  const { port } = await left();
  // It waits for its routes, and wants no callers yet.
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
});

test("what a part refuses is said by that part, with its own exit code", async () => {
  const gateway = sluice(["gateway", "--admin-bind", "0.0.0.0"]);
  expect(await gateway.exit).toEqual([2, null]);
  expect(await gateway.stderr).toContain("SLUICE_GATEWAY_TOKEN or --admin-token-file is needed");
  const server = sluice(["server"], { SLUICE_GATEWAYS: "nowhere" });
  expect(await server.exit).toEqual([78, null]);
  expect(await server.stderr).toContain('SLUICE_GATEWAYS is "nowhere"');
});
