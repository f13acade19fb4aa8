import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { type AdminAddress, adminFile, readAdminAddress } from "../admin/admin.file.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface GatewayChild extends AdminAddress {
  child: ChildProcess;
  url: string;
}

/** An empty folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-gateway-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The real gateway process on a free port, killed when the test ends. Resolves once it answers. */
export async function startGatewayChild(dataDir: string): Promise<GatewayChild> {
  const child = spawn(process.execPath, [MAIN, "--data-dir", dataDir, "--port", "0"], { stdio: "ignore" });
  onTestFinished(() => kill(child));
  const written = async (): Promise<number> => (await readAdminAddress(adminFile(dataDir)).catch(() => null))?.pid ?? 0;
  await expect.poll(written, { timeout: 120_000 }).toBe(child.pid);
  const address = await readAdminAddress(adminFile(dataDir));
  return { ...address, child, url: `http://127.0.0.1:${address.publicPort}` };
}

/** `kill -9`, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
