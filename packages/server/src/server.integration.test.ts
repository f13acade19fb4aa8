import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { adminFile, connectGateway } from "@sluice/gateway";
import { identify } from "@sluice/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { processConfig } from "./config.ts";
import { readServerInfo } from "./data-folder.ts";
import { type ServerProcess, serverProcess } from "./testing/server.process.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

let dataDir: string;
let server: ServerProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-server-"));
  server = await serverProcess(dataDir);
  await server.start();
});

afterAll(async () => {
  await server.down();
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs the server's program to its end. */
function run(args: string[], environment: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...processConfig().programEnv, SLUICE_DATA_DIR: dataDir, SLUICE_LOG_LEVEL: "silent", ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.once("exit", (code) => resolve({ code, stderr })));
}

describe("the server's program", () => {
  test("says where it listens in server.json, and is ready once it does", async () => {
    const { url, gatewayUrl, grpcAddress } = server;
    // Requests are answered a moment before the file tells of it.
    await expect.poll(() => readServerInfo(dataDir)).toMatchObject({ url, gatewayUrl, grpcAddress });
    expect(await server.call("GET", "/readyz")).toEqual({ ready: true, checks: { database: "ok", gateway: "ok" } });
  });

  // edge case 40
  test("refuses to be the second server of a data folder, and names the first", async () => {
    const { code, stderr } = await run([], { SLUICE_HTTP_PORT: "0", SLUICE_GATEWAY_PORT: "0", SLUICE_GRPC_PORT: "0" });
    expect(code).toBe(70);
    expect(stderr).toContain(`the server at ${server.url} (process `);
    expect(stderr).toContain(`has the data folder ${dataDir}; stop it, or set SLUICE_DATA_DIR`);
    expect(await server.call("GET", "/readyz")).toMatchObject({ ready: true });
  });

  test("names the variable when another program has its port", async () => {
    const other = await mkdtemp(join(tmpdir(), "sluice-second-"));
    const ports = { SLUICE_DATA_DIR: other, SLUICE_HTTP_PORT: "0", SLUICE_GATEWAY_PORT: "0", SLUICE_GRPC_PORT: "0" };
    const grpcPort = (await readServerInfo(dataDir))?.grpcAddress?.split(":").at(-1) ?? "";
    try {
      expect(await run([], { ...ports, SLUICE_HTTP_PORT: new URL(server.url).port })).toEqual({
        code: 70,
        stderr: expect.stringMatching(
          /^sluice: SLUICE_HTTP_PORT is \d+, and another program listens at .* a port that is free\n$/,
        ),
      });
      expect(await run([], { ...ports, SLUICE_GRPC_PORT: grpcPort })).toEqual({
        code: 70,
        stderr: expect.stringMatching(/^sluice: SLUICE_GRPC_PORT is \d+, and another program listens at .* is free/),
      });
      // The gateway that such a start had begun is gone with it.
      const gateway = await connectGateway(adminFile(other))
        .address()
        .catch(() => null);
      expect(gateway === null ? null : identify(gateway.pid)).toBeNull();
    } finally {
      await run(["down"], ports);
      await rm(other, { recursive: true, force: true });
    }
  });

  test("ends with 78 and the variable's name when a variable cannot be used", async () => {
    expect(await run([], { SLUICE_HTTP_PORT: "many" })).toEqual({
      code: 78,
      stderr: expect.stringMatching(/^sluice: SLUICE_HTTP_PORT is "many"/),
    });
  });

  test("ends with 64 and what it knows for a command that does not exist", async () => {
    const { code, stderr } = await run(["sideways"], {});
    expect(code).toBe(64);
    expect(stderr).toContain("unknown command sideways; known: none (run the server), down");
  });

  test("takes its data folder over from a server that was killed", async () => {
    await server.kill();
    await server.start();
    expect(await server.call("GET", "/readyz")).toMatchObject({ ready: true });
  });

  test("goes down with everything that the data folder has running, and comes back with it", async () => {
    await server.call("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
    await server.call("POST", "/v1/artifacts/greeter/versions", {
      version: "1.0.0",
      spec: { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { MODE: "good" } },
    });
    await server.call("POST", "/v1/deployments", {
      name: "greeter",
      artifact: "greeter",
      version: "1.0.0",
      environment: "development",
      config: { healthCheck: { path: "/healthz", intervalSeconds: 0.2 }, stopSeconds: 2 },
      route: { path: "/greeter" },
      strategy: { type: "immediate" },
    });
    const status = async (): Promise<number> =>
      (await fetch(`${server.gatewayUrl}/greeter`).catch(() => null))?.status ?? 0;
    await expect.poll(status).toBe(200);

    await server.down();
    await server.died();
    expect(await status()).toBe(0);
    expect(await readServerInfo(dataDir)).toBeNull();
    expect(await readdir(join(dataDir, "gateway"))).not.toContain("admin.json");
    expect(await readdir(join(dataDir, "postgres"))).not.toContain("postmaster.pid");

    await server.start();
    await expect.poll(status).toBe(200);
  });
});
