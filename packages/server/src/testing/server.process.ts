import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { processConfig } from "../config.ts";
import { freePort } from "./free.port.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
/** Of the repository: examples are addressed from there. */
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const READY_MS = 120_000;
const LAST_WORDS_MS = 2_000;

/** A real server on a data folder of its own, to be killed and started again at will. */
export interface ServerProcess {
  readonly url: string;
  readonly gatewayUrl: string;
  /** `host:port` of gRPC. */
  readonly grpcAddress: string;
  /** Resolves when the server is ready. `crashAt` names the crash point at which it kills itself. */
  start(crashAt?: string): Promise<void>;
  /** As `kill -9`; resolves when it is dead. */
  kill(): Promise<void>;
  /** Lets it stop by itself, as a rolling upgrade does; resolves when it has. */
  stop(): Promise<void>;
  /** Resolves when the server is dead, by whatever cause. */
  died(): Promise<void>;
  readonly alive: boolean;
  /** Pid of the gateway that serves the data folder. */
  gatewayPid(): Promise<number>;
  /** The API's answer. Throws on any status that is not 2xx, with what the server said. */
  call<Answer>(method: string, path: string, body?: object): Promise<Answer>;
  /** Stops everything that the data folder has running. */
  down(): Promise<void>;
  /** What the server wrote so far, for failures. */
  readonly output: string;
}

/** @param settings variables beside those that keep servers apart */
export async function serverProcess(dataDir: string, settings: Record<string, string> = {}): Promise<ServerProcess> {
  const [httpPort, gatewayPort, grpcPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${httpPort}`;
  const environment = {
    SLUICE_DATA_DIR: dataDir,
    SLUICE_HTTP_PORT: String(httpPort),
    SLUICE_GATEWAY_PORT: String(gatewayPort),
    SLUICE_GRPC_PORT: String(grpcPort),
    SLUICE_LOG_LEVEL: "info",
    SLUICE_RATE_LIMIT: "1000000",
    ...settings,
  };
  let child: ChildProcess | null = null;
  let exited: Promise<void> = Promise.resolve();
  let output = "";

  const spawnServer = (args: string[], extra: Record<string, string>): ChildProcess => {
    const { PATH = "", HOME = "" } = processConfig().programEnv;
    const spawned = spawn(process.execPath, [MAIN, ...args], {
      cwd: ROOT,
      env: { PATH, HOME, ...environment, ...extra },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [spawned.stdout, spawned.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        output = `${output}${chunk.toString()}`.slice(-20_000);
      });
    }
    return spawned;
  };
  const exit = (spawned: ChildProcess): Promise<void> =>
    new Promise((resolve) => spawned.once("exit", () => resolve()));
  const isAlive = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;

  return {
    url,
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    grpcAddress: `127.0.0.1:${grpcPort}`,
    get alive() {
      return isAlive();
    },
    get output() {
      return output;
    },
    async start(crashAt) {
      child = spawnServer([], crashAt === undefined ? {} : { SLUICE_CRASH_AT: crashAt });
      exited = exit(child);
      const closed = once(child, "close");
      const deadline = Date.now() + READY_MS;
      while (!(await isReady(url))) {
        // A server that was told to crash may do so before it is ready.
        if (!isAlive() && crashAt !== undefined) return;
        if (!isAlive() || Date.now() > deadline) {
          // Its last words may still be on their way when it is gone.
          await Promise.race([closed, sleep(LAST_WORDS_MS)]);
          throw new Error(`the server did not become ready:\n${output}`);
        }
        await sleep(50);
      }
    },
    async kill() {
      child?.kill("SIGKILL");
      await exited;
    },
    async stop() {
      child?.kill("SIGTERM");
      await exited;
    },
    died: () => exited,
    async gatewayPid() {
      const info: unknown = JSON.parse(await readFile(join(dataDir, "gateway", "admin.json"), "utf8"));
      if (typeof info === "object" && info !== null && "pid" in info && typeof info.pid === "number") return info.pid;
      throw new Error("admin.json names no pid");
    },
    async call<Answer>(method: string, path: string, body?: object) {
      const response = await fetch(`${url}${path}`, {
        method,
        // What may also be followed is listed.
        headers: { accept: "application/json", ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
      const text = await response.text();
      return (text === "" ? null : JSON.parse(text)) as Answer;
    },
    async down() {
      await exit(spawnServer(["down"], {}));
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
