import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Environment, serverEnvironment } from "../config.ts";
import { CliError, EXIT } from "../exit.ts";

/** The server beside this package. It is started, never imported. */
const SERVER_MAIN = fileURLToPath(new URL("../../../server/src/main.ts", import.meta.url));

export const logFile = (dataDir: string): string => join(dataDir, "server.log");

export interface Started {
  pid: number;
  /** Resolves with why, when the process ends; pending while it lives. */
  ended: Promise<string>;
}

/** Starts the server in the background, its output at the end of `server.log`. It outlives this process. */
export function startServer(environment: Environment, dataDir: string): Started {
  if (!existsSync(SERVER_MAIN)) {
    throw new CliError(EXIT.unexpected, `there is no server beside this command: ${SERVER_MAIN} does not exist`);
  }
  const log = openLog(dataDir);
  const child = spawn(process.execPath, [SERVER_MAIN], {
    detached: true,
    stdio: ["ignore", log, log],
    env: serverEnvironment(environment, dataDir),
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `it exited with code ${code}` : `it got ${signal}`));
  });
  child.unref();
  if (child.pid === undefined) throw new CliError(EXIT.unexpected, `cannot start ${process.execPath}`);
  return { pid: child.pid, ended };
}

/** Lets the server's own `down` stop server, gateway, instances and database of the data folder. Resolves with its exit code. */
export function stopServer(environment: Environment, dataDir: string): Promise<number> {
  const child = spawn(process.execPath, [SERVER_MAIN, "down"], {
    stdio: ["ignore", "inherit", "inherit"],
    // Its log is for the server's log file; here only what goes wrong is of interest.
    env: { SLUICE_LOG_LEVEL: "warn", ...serverEnvironment(environment, dataDir) },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** The last lines of the log, or nothing when there is none. */
export function tailOfLog(dataDir: string, lines: number): string {
  try {
    return readFileSync(logFile(dataDir), "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

function openLog(dataDir: string): number {
  try {
    mkdirSync(dataDir, { recursive: true });
    return openSync(logFile(dataDir), "a", 0o600);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.usage, `cannot write to the data folder ${dataDir}: ${reason}`, ["sluice doctor"]);
  }
}
