import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

/** The README's blocks marked `sh tutorial`, in order: what a newcomer types. */
const commands = [...readFileSync("README.md", "utf8").matchAll(/```sh tutorial\n([\s\S]*?)```/g)]
  .flatMap((match) => (match[1] ?? "").split("\n"))
  .filter((line) => line.trim() !== "");

const dataDir = mkdtempSync(join(tmpdir(), "sluice-tutorial-"));
const DEFAULT_GATEWAY = "http://127.0.0.1:30080";

afterAll(async () => {
  await shell("npx sluice down");
  rmSync(dataDir, { recursive: true, force: true });
});

test("the README's five minutes work as they are printed", { timeout: 120_000 }, async () => {
  expect(commands.length).toBeGreaterThan(8);
  let gateway = DEFAULT_GATEWAY;
  for (const command of commands) {
    // Only the ports differ: another Sluice may be running on this machine.
    const { code, output } = await shell(command.replaceAll(DEFAULT_GATEWAY, gateway));
    expect(code, `$ ${command}\n${output}`).toBe(0);
    if (command === "npx sluice up")
      gateway = JSON.parse(readFileSync(join(dataDir, "server.json"), "utf8")).gatewayUrl;
    if (command.startsWith("curl")) expect(output).toContain('"version":"1.0.0"');
  }
});

function shell(command: string): Promise<{ code: number | null; output: string }> {
  const settings = `export SLUICE_DATA_DIR='${dataDir}' SLUICE_HTTP_PORT=0 SLUICE_GATEWAY_PORT=0 SLUICE_GRPC_PORT=0`;
  const child = spawn("bash", ["-c", `${settings}; ${command}`], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve({ code, output }));
  });
}
