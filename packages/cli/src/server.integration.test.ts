import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { processEnvironment } from "./config.ts";
import { EXIT } from "./exit.ts";

/** The command as a user runs it, against the real server, gateway and database of a folder of its own. */

const SLUICE = fileURLToPath(new URL("../bin/sluice.mjs", import.meta.url));

const PROGRAM = `
import { createServer } from "node:http";
console.log("begun in mode " + process.env.MODE);
createServer((request, response) => {
  const healthy = request.url === "/healthz" || process.env.MODE === "good";
  response.writeHead(healthy ? 200 : 500).end(process.env.MODE);
}).listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
`;

const MANIFEST = `
kind: Environment
name: production
tier: production
---
kind: Artifact
name: greeter
artifactKind: application
---
kind: Version
artifact: greeter
version: 1.0.0
spec: { command: [${process.execPath}, server.mjs], workdir: ., env: { MODE: good } }
---
kind: Deployment
name: greeter
artifact: greeter
version: 1.0.0
environment: production
config: { healthCheck: { path: /healthz, intervalSeconds: 0.2 }, stopSeconds: 1 }
route: { path: /greeter }
strategy: { type: immediate, keepStableSeconds: 0 }
`;

let folder = "";

async function sluice(...argv: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [SLUICE, ...argv], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...processEnvironment(), SLUICE_HTTP_PORT: "0", SLUICE_GATEWAY_PORT: "0", SLUICE_GRPC_PORT: "0" },
  });
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out, err };
}

async function json(...argv: string[]) {
  const { out, code, err } = await sluice("-o", "json", ...argv);
  expect({ code, err: code === EXIT.ok ? "" : err }).toEqual({ code: EXIT.ok, err: "" });
  return JSON.parse(out);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-cli-"));
  await writeFile(join(folder, "server.mjs"), PROGRAM);
  await writeFile(join(folder, "sluice.yaml"), MANIFEST);
  const { code, out, err } = await sluice("up");
  expect({ code, err }).toEqual({ code: EXIT.ok, err: "" });
  expect(out).toContain("Sluice is ready");
});

afterAll(async () => {
  await sluice("down");
  await rm(folder, { recursive: true, force: true });
});

test("a second `up` says that it runs already", async () => {
  expect((await sluice("up")).out).toContain("Sluice runs already");
});

test("a manifest is delivered, and applying it again changes nothing", async () => {
  const first = await sluice("apply", "-f", "sluice.yaml", "--wait", "--timeout", "60s");
  expect({ code: first.code, err: first.err }).toEqual({ code: EXIT.ok, err: "" });
  expect(first.out).toContain("Deployment greeter in production created");
  expect(first.out).toMatch(/greeter 1\.0\.0 in production completed/);

  const again = await sluice("apply", "-f", "sluice.yaml");
  expect(again.out.trim().split("\n")).toEqual([
    "Environment production unchanged",
    "Artifact greeter unchanged",
    "Version greeter 1.0.0 unchanged",
    "Deployment greeter in production unchanged",
  ]);

  const { gatewayUrl } = await json("status");
  expect(await (await fetch(`${gatewayUrl}/greeter`)).text()).toBe("good");
  expect((await json("deploy", "get", "greeter")).status).toBe("running");
  expect((await sluice("logs", "greeter")).out).toContain("begun in mode good");
});

test("an update is planned, watched to its end and taken back", async () => {
  const argv = ["--version", "1.1.0", "--strategy", "immediate:keepStableSeconds=60"];
  await json(
    "version",
    "create",
    "greeter",
    "1.1.0",
    "--workdir",
    ".",
    "--env",
    "MODE=good",
    "--",
    process.execPath,
    "server.mjs",
  );
  expect(await json("plan", "greeter", ...argv)).toMatchObject({ changes: true, blocked: false, toVersion: "1.1.0" });
  const update = await json("deploy", "update", "greeter", ...argv, "--wait", "--timeout", "60s");
  expect(update.rollout).toMatchObject({ phase: "completed", fromVersion: "1.0.0", toVersion: "1.1.0" });
  const back = await json("deploy", "rollback", "greeter", "--reason", "as planned", "--wait", "--timeout", "60s");
  expect(back).toMatchObject({ phase: "completed", toVersion: "1.0.0" });
  expect((await json("rollout", "list")).items.length).toBeGreaterThanOrEqual(3);
});

test("a version that cannot start is rolled back: exit code 7, with the reason", async () => {
  await json("version", "create", "greeter", "broken", "--", process.execPath, "--eval", "process.exit(9)");
  const argv = ["deploy", "update", "greeter", "--version", "broken", "--strategy", "immediate", "--wait"];
  const { code, out } = await sluice(...argv, "--timeout", "60s");
  expect(code).toBe(EXIT.rolledBack);
  expect(out.trim().split("\n").at(-1)).toMatch(/broken in production rolled_back after .*: .*exited with status 9/);
});

test("a command that the phase does not take is exit code 4 and says what is allowed", async () => {
  const { code, err } = await sluice("rollout", "pause", "greeter");
  expect(code).toBe(EXIT.refused);
  expect(err).toContain("pause");
});

test("all is well with doctor, and the audit chain holds", async () => {
  const { items } = await json("doctor");
  expect(items.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
  expect((await sluice("audit", "verify")).out).toMatch(/the chain of \d+ entries holds/);
});

test("`down` stops everything, after which `status` is exit code 6", async () => {
  const { url, gatewayUrl } = await json("status");
  expect(await sluice("down")).toMatchObject({ code: EXIT.ok, err: "Sluice is down\n" });
  expect((await sluice("status", "--server", url)).code).toBe(EXIT.unreachable);
  for (const address of [url, gatewayUrl]) await expect(fetch(address)).rejects.toThrow("fetch failed");
});
