import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerProcess, serverProcess } from "../packages/server/src/testing/server.process.ts";
import { pythonEnvironment } from "./python.environment.ts";

const run = promisify(execFile);
const PYTHON = fileURLToPath(new URL("../python/", import.meta.url));
/** What the client and its tests need, as `pyproject.toml` says. */
const wanted = readFileSync(join(PYTHON, "pyproject.toml"), "utf8");
const requirements = [...wanted.matchAll(/"((?:httpx|pytest|mypy|ruff)[^"]*)"/g)].flatMap(([, name]) => name ?? []);
const python = await pythonEnvironment("python-client", requirements);
const skipped = "missing" in python;
if (skipped) console.warn(`the Python client is left out: ${python.missing}`);
const bin = "bin" in python ? python.bin : "";

let server: ServerProcess;
let dataDir: string;
const environmentOf = async (): Promise<Record<string, string>> => {
  const { token } = await server.call<{ token: string }>("POST", "/v1/tokens", { name: "python", role: "admin" });
  return { SLUICE_URL: server.url, SLUICE_TOKEN: token, PYTHONPATH: join(PYTHON, "src"), PYTHONDONTWRITEBYTECODE: "1" };
};

beforeAll(async () => {
  if (skipped) return;
  dataDir = await mkdtemp(join(tmpdir(), "sluice-python-"));
  server = await serverProcess(dataDir);
  await server.start();
});

afterAll(async () => {
  if (skipped) return;
  await server.kill();
  await server.down();
  await rm(dataDir, { recursive: true, force: true });
});

test.skipIf(skipped)("the Python client works against a real server, its document's example included", async () => {
  // The printed example asks for four gibibytes in production, which has two by default.
  const limits = { memoryMb: 8_192, cpuCores: 4, storageGb: 100 };
  await server.call("PUT", "/v1/environments/production", { tier: "production", limits });
  const { stdout } = await run(join(bin, "python"), ["-m", "pytest"], {
    cwd: PYTHON,
    env: await environmentOf(),
  }).catch((error: { stdout?: string; message: string }) => {
    throw new Error(error.stdout ?? error.message);
  });
  expect(stdout).toMatch(/\d+ passed/);
  expect(stdout).not.toContain("skipped");
});

test.skipIf(skipped)("its types hold, and its code is as the formatter leaves it", async () => {
  const options = { cwd: PYTHON, env: { PYTHONPATH: join(PYTHON, "src") } };
  await run(join(bin, "mypy"), ["--cache-dir", "/dev/null"], options);
  await run(join(bin, "ruff"), ["check", "--no-cache", "."], options);
  await run(join(bin, "ruff"), ["format", "--no-cache", "--check", "."], options);
});

test.skipIf(skipped)("the waiting client is made of the asynchronous one", async () => {
  const { stdout } = await run(join(bin, "python"), ["unasync.py", "--check"], { cwd: PYTHON });
  expect(stdout).toBe("");
});
