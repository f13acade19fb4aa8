import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ContainerLog } from "./log.ts";
import type { Measured } from "./usage.ts";

const SCRIPT = fileURLToPath(new URL("container.sh", import.meta.url));
const PROJECT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

export interface ContainerMount {
  source: string;
  target: string;
  isReadOnly: boolean;
}

/** Everything that is needed to start one container's program. */
export interface ContainerPlan {
  /** A folder that nobody else uses; what is mounted there is seen by the program alone. */
  folder: string;
  /** Process whose network the program gets. */
  networkPid: number;
  mounts: ContainerMount[];
  isRootReadOnly: boolean;
  user: number;
  group: number;
  workingDir: string;
  environment: Record<string, string>;
  command: string[];
}

export interface RunningContainer extends Measured {
  /** Resolves when the program has ended and all of its group with it. */
  readonly exit: Promise<number>;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
  /** Runs a command beside the program, as `kubectl exec` does; its output when it ends with anything but 0. */
  execute(command: string[], timeoutMs: number): Promise<string | null>;
}

/** Starts a program; its output goes to the log. It dies with this process. */
export async function startContainer(plan: ContainerPlan, log: ContainerLog): Promise<RunningContainer> {
  const mounts = plan.mounts.flatMap(({ source, target, isReadOnly }) => [source, target, isReadOnly ? "ro" : "rw"]);
  const mode = plan.isRootReadOnly ? "ro" : "rw";
  const ids = ["--reuid", String(plan.user), "--regid", String(plan.group), "--clear-groups"];
  const variables = Object.entries(plan.environment).map(([name, value]) => `${name}=${value}`);
  // The death signal is asked for again at the end: a change of user forgets it.
  const program = ["setpriv", ...ids, "--pdeathsig", "KILL", "env", "-i", `--chdir=${plan.workingDir}`, ...variables];
  const child = spawn(
    "setpriv",
    [
      ...["--pdeathsig", "KILL", "nsenter", `--net=/proc/${plan.networkPid}/ns/net`],
      ...["unshare", "--mount", "--propagation", "private", "sh", SCRIPT],
      ...[plan.folder, mode, PROJECT, ...mounts, "--", ...program, ...plan.command],
    ],
    { detached: true, stdio: ["ignore", "pipe", "pipe"] },
  );
  const exit = once(child, "exit").then(([code, signal]: (number | string | null)[]) => {
    killGroup(child.pid);
    return typeof code === "number" ? code : 128 + (SIGNALS[String(signal)] ?? 0);
  });
  child.stdout.setEncoding("utf8").on("data", log.write);
  child.stderr.setEncoding("utf8").on("data", log.write);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  return {
    pid,
    usage: null,
    exit: Promise.all([exit, once(child, "close")]).then(([code]) => {
      log.end();
      return code;
    }),
    signal: (signal) => void child.kill(signal),
    execute: async (command, timeoutMs) => {
      const inside = ["--target", String(pid), "--mount", "--net", "--root", "--wd"];
      const options = { timeout: timeoutMs, killSignal: "SIGKILL" } as const;
      return promisify(execFile)("nsenter", [...inside, "env", "-i", ...variables, ...command], options).then(
        () => null,
        (error: Error & { stdout?: string; stderr?: string }) =>
          `${error.stdout ?? ""}${error.stderr ?? ""}` || error.message,
      );
    },
  };
}

/** A container's processes end with its first. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // None is left.
  }
}
