import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, closeSync, constants, openSync, rmSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import type { Workload } from "@sluice/core";
import { heartbeatFile } from "./heartbeat.ts";
import type { Instance } from "./instance.ts";
import { identify, type ProcessIdentity } from "./process-table.ts";

/** All that an instance gets of our own environment. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];

/** By this variable the processes of an instance are found again, whatever group they have moved to. */
export const MARK = "SLUICE_INSTANCE";

export type Launch =
  | { ok: true; child: ChildProcess; identity: ProcessIdentity }
  /** `permanent`: it will fail in the same way until somebody changes something. */
  | { ok: false; permanent: boolean; reason: string };

interface LaunchOptions {
  instance: Instance;
  workload: Workload;
  port: number;
  /** The instance's folder: log files, and working folder when the workload names none. */
  folder: string;
  baseEnv: Record<string, string | undefined>;
}

/**
 * Starts the program in its own session and process group, writing straight to its log files, so that neither our death
 * nor a signal to our group reaches it (docs/adr/0002).
 */
export async function launch({ instance, workload, port, folder, baseEnv }: LaunchOptions): Promise<Launch> {
  const cwd = workload.workdir ?? folder;
  const env = environment(instance, workload, { port, folder, baseEnv });
  rmSync(heartbeatFile(folder), { force: true });
  const [program = "", ...args] = workload.command;
  if (!isFolder(cwd)) return { ok: false, permanent: true, reason: `its working folder ${cwd} does not exist` };
  const file = findProgram(program, cwd, env.PATH ?? "");
  if (file === null) return { ok: false, permanent: true, reason: notFound(program, cwd, env.PATH) };

  const descriptors: number[] = [];
  try {
    for (const stream of ["stdout", "stderr"]) descriptors.push(openSync(join(folder, `${stream}.log`), "a", 0o600));
    const [out, err] = descriptors;
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", out, err] });
    // Read before the event loop turns: until then even an exited child keeps its entry.
    if (child.pid === undefined) return failure(program, await new Promise((done) => child.once("error", done)));
    const identity = identify(child.pid);
    child.unref();
    if (identity !== null) return { ok: true, child, identity };
    return { ok: false, permanent: false, reason: `its program ${program} was gone before it could be looked at` };
  } catch (error) {
    return failure(program, error);
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function environment(
  instance: Instance,
  workload: Workload,
  { port, folder, baseEnv }: Pick<LaunchOptions, "port" | "folder" | "baseEnv">,
): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => {
    const value = baseEnv[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    ...workload.env,
    ...(workload.process === undefined || workload.process === "service" ? { PORT: String(port) } : {}),
    ...(workload.process === "stream" ? { SLUICE_HEARTBEAT_FILE: heartbeatFile(folder) } : {}),
    [MARK]: instance.id,
    SLUICE_REVISION: String(workload.revision),
    SLUICE_DEPLOYMENT: workload.deployment,
  };
}

/** The way of execvp(3): a name with a slash is a path, others are searched in PATH. Null when there is none. */
export function findProgram(program: string, cwd: string, path: string): string | null {
  if (program.includes("/")) {
    const file = isAbsolute(program) ? program : resolve(cwd, program);
    return isExecutable(file) ? file : null;
  }
  const files = path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => resolve(cwd, folder, program));
  return files.find(isExecutable) ?? null;
}

const notFound = (program: string, cwd: string, path: string | undefined): string =>
  program.includes("/")
    ? `its program ${program} is not an executable file (looked in ${cwd})`
    : `its program ${program} was not found in PATH (${path ?? "empty"})`;

/** Causes that pass by themselves; everything else is the description's fault. */
const TRANSIENT = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM", "ENOSPC", "ETXTBSY"]);

function failure(program: string, error: unknown): Launch {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const text = error instanceof Error ? error.message : String(error);
  return { ok: false, permanent: !TRANSIENT.has(code), reason: `its program ${program} cannot be started: ${text}` };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
