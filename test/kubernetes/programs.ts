import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, dirname } from "node:path";

/** One program of the cluster, started and watched. */
export interface Program {
  readonly pid: number;
  /** Null while it runs; afterwards why it no longer does, with its last words. */
  readonly ended: string | null;
  /** Ends it with a signal and resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a program that writes to a log file of its own, in the folder of that file, and that dies with this process, however
 * that ends.
 */
export async function startProgram(path: string, args: string[], logFile: string): Promise<Program> {
  const log = openSync(logFile, "a");
  const child: ChildProcess = spawn("setpriv", ["--pdeathsig", "KILL", path, ...args], {
    stdio: ["ignore", log, log],
    // What watches over containers leaves files where it was started.
    cwd: dirname(logFile),
  });
  closeSync(log);
  const exit = once(child, "exit");
  await once(child, "spawn");
  let ended: string | null = null;
  void exit.then(([code, signal]) => {
    ended = `${basename(path)} ended (${signal ?? code}):\n${lastLines(logFile)}`;
  });
  return {
    pid: child.pid ?? 0,
    get ended() {
      return ended;
    },
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exit;
    },
  };
}

function lastLines(path: string): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}

/** A port that is free now and that no outgoing connection will take: below the kernel's range for those. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
