import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processConfig } from "../config.ts";
import { freePort } from "./free.port.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.resolve("@sluice/gateway")));
const READY_MS = 60_000;

/** A real gateway that runs by itself, to be killed, held up and started again at will. */
export interface GatewayProcess {
  /** Where callers reach it, and where the control plane does. */
  readonly url: string;
  readonly adminUrl: string;
  /** Resolves when it is ready. With `empty` it has forgotten everything. */
  start(options?: { empty?: boolean }): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** As `kill -9`, also of one that is held up; resolves when it is dead. */
  kill(): Promise<void>;
  /** Kills it and takes its folder away. */
  remove(): Promise<void>;
}

export async function gatewayProcess(token: string, more: readonly string[] = []): Promise<GatewayProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-gateway-"));
  const [port, adminPort] = [await freePort(), await freePort()];
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  let child: ChildProcess | null = null;

  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };

  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl,
    async start({ empty = false } = {}) {
      if (empty) await rm(join(dataDir, "gateway"), { recursive: true, force: true });
      const args = ["--data-dir", dataDir, "--port", String(port), "--admin-port", String(adminPort), ...more];
      const { PATH = "" } = processConfig().programEnv;
      child = spawn(process.execPath, [MAIN, ...args], { env: { PATH, SLUICE_GATEWAY_TOKEN: token }, stdio: "ignore" });
      const deadline = Date.now() + READY_MS;
      while (!(await isReady(adminUrl))) {
        if (child.exitCode !== null || Date.now() > deadline)
          throw new Error(`the gateway did not start: ${child.exitCode}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    signal: (signal) => void child?.kill(signal),
    kill,
    async remove() {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const isReady = async (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  );
