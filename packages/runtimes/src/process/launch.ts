import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import type { Obstacle } from "../supervision/driver.ts";
import type { Instance } from "../supervision/instance.ts";
import type { StoredWorkload } from "../supervision/workload.schema.ts";
import { identify, type ProcessIdentity } from "./process-table.ts";

/** All that an instance gets of our own environment. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];

/** By this variable the processes of an instance are found again, whatever group they have moved to. */
export const MARK = "SLUICE_INSTANCE";

type Launched = { ok: true; child: ChildProcess; identity: ProcessIdentity } | Obstacle;

interface LaunchOptions {
  instance: Instance;
  workload: StoredWorkload;
  port: number;
  /** The instance's folder: log files, and working folder when the workload names none. */
  folder: string;
  baseEnv: Record<string, string | undefined>;
  /** By which a stream tells that it is well. */
  heartbeatFile: string;
}

/**
 * Starts the program in its own session and process group, writing straight to its log files, so that neither our death
 * nor a signal to our group reaches it (docs/adr/0002).
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { workload, folder } = options;
  const cwd = workload.workdir ?? folder;
  const env = environment(options);
  const [program = "", ...args] = workload.command;
  if (!isFolder(cwd)) return { ok: false, fault: "lasting", reason: `its working folder ${cwd} does not exist` };
  const file = findProgram(program, cwd, env.PATH ?? "");
  if (file === null) return { ok: false, fault: "lasting", reason: notFound(program, cwd, env.PATH) };

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
    return { ok: false, fault: "passing", reason: `its program ${program} was gone before it could be looked at` };
  } catch (error) {
    return failure(program, error);
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function environment({ instance, workload, port, baseEnv, heartbeatFile }: LaunchOptions): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => {
    const value = baseEnv[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    ...workload.env,
    ...workload.secrets,
    ...(workload.process === undefined || workload.process === "service" ? { PORT: String(port) } : {}),
    ...(workload.process === "stream" ? { SLUICE_HEARTBEAT_FILE: heartbeatFile } : {}),
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

function failure(program: string, error: unknown): Obstacle {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const text = error instanceof Error ? error.message : String(error);
  const fault = TRANSIENT.has(code) ? "passing" : "lasting";
  return { ok: false, fault, reason: `its program ${program} cannot be started: ${text}` };
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
