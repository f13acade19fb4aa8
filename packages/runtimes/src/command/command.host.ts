import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  identify,
  killQuietly,
  type ProcessIdentity,
  processesWithVariable,
  signalGroup,
} from "../process/process-table.ts";
import { writeAtomic } from "../supervision/atomic-file.ts";
import { describeExit } from "../supervision/exit-reason.ts";
import { keepArtifacts, placeArtifacts } from "./artifacts.ts";
import { checkOut } from "./checkout.ts";
import { COMMAND_MARK, commandFolder } from "./command.folder.ts";
import { type CommandLog, createCommandLog } from "./command.log.ts";
import { CommandError, type CommandOrder, type CommandResult } from "./command.order.ts";
import { createMask, type Mask } from "./mask.ts";
import { readOutputs } from "./outputs.ts";

/** Output that is still in the pipe is waited for, not for ever: a process that was not found may hold it open. */
const PIPE_MS = 2_000;
/** Lines that the reason of a failure quotes. */
const QUOTED = 3;
const LONGEST_REASON = 1_000;

/** How a program ended. */
interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What it was stopped for; null when it ended by itself. */
  stopped: "stop" | "timeout" | null;
}

/**
 * Runs one command to its end, in a process of its own beside the server: it outlives the server, keeps the time limit without it,
 * and leaves a result that the next server finds. `stop` aborts when the command is not wanted any more.
 */
export async function hostCommand(order: CommandOrder, stop: AbortSignal): Promise<CommandResult> {
  const mask = createMask(order.secrets);
  const paths = commandFolder(order.folder);
  const log = createCommandLog(paths.log, mask, order.limits.logMb);
  const result = await conduct(order, { mask, log, stop }).catch((error: unknown) => failure(error, mask));
  if (result.reason !== null) log.say(result.reason);
  log.end();
  for (const folder of [paths.work, paths.home, paths.tmp]) await rm(folder, { recursive: true, force: true });
  await writeAtomic(paths.result, JSON.stringify(result), { durable: true });
  return result;
}

function failure(error: unknown, mask: Mask): CommandResult {
  const known = error instanceof CommandError;
  const text = error instanceof Error ? error.message : String(error);
  return {
    status: "failed",
    reason: mask(known ? text : `it could not be run: ${text}`).slice(0, LONGEST_REASON),
    ...{ exitCode: null, outputs: {}, artifacts: [] },
    hopeless: known && error.hopeless,
  };
}

interface Means {
  mask: Mask;
  log: CommandLog;
  stop: AbortSignal;
}

async function conduct(order: CommandOrder, means: Means): Promise<CommandResult> {
  const { mask, log, stop } = means;
  const paths = commandFolder(order.folder);
  for (const folder of [paths.work, paths.home, paths.tmp]) await mkdir(folder, { recursive: true, mode: 0o700 });
  let commit: string | null = null;
  if (order.checkout !== null) {
    commit = await checkOut(order.checkout, paths.work, order.env.PATH ?? "");
    log.say(commit === null ? "copied the folder" : `checked out ${commit}`);
  }
  await placeArtifacts(order.copies, paths.work);
  if (stop.aborted) throw new CommandError("it was stopped before it began");
  await writeFile(paths.began, "");
  const exit = await runToEnd(order, means);
  const outputs = { ...(commit !== null && { commit }), ...(await readOutputs(paths.outputs, mask)) };
  const well = exit.code === 0 && exit.stopped === null;
  const where = { work: paths.work, into: paths.artifacts, lenient: !well };
  const artifacts = await keepArtifacts(order, where).catch((error: unknown) => {
    if (well) throw error;
    return [];
  });
  const reason = well ? null : reasonOf(exit, order, log);
  return { status: well ? "succeeded" : "failed", reason, exitCode: exit.code, outputs, artifacts, hopeless: false };
}

function reasonOf({ code, signal, stopped }: Exit, { timeoutSeconds }: CommandOrder, log: CommandLog): string {
  if (stopped === "timeout") return `it ran longer than ${timeoutSeconds} s`;
  if (stopped === "stop") return "it was stopped";
  const said = log.lastLines(QUOTED).filter((line) => line.trim() !== "");
  const how = describeExit(code, signal);
  return (said.length === 0 ? `it ${how}` : `it ${how}; last said: ${said.join(" | ")}`).slice(0, LONGEST_REASON);
}

/** Limits of the kernel around the program, set by a shell that it then takes the place of. */
function limited({ command, limits }: CommandOrder): string[] {
  const cpu = limits.cpuSeconds === null ? "" : `ulimit -t ${limits.cpuSeconds}; `;
  // In blocks of 512 bytes, as POSIX has it.
  return ["-c", `ulimit -c 0; ${cpu}ulimit -f ${limits.fileMb * 2_048}; exec "$@"`, "sh", ...command];
}

async function runToEnd(order: CommandOrder, { log, stop }: Means): Promise<Exit> {
  const paths = commandFolder(order.folder);
  const child = spawn("/bin/sh", limited(order), {
    cwd: order.workdir === null ? paths.work : join(paths.work, order.workdir),
    env: {
      ...order.env,
      ...{ HOME: paths.home, TMPDIR: paths.tmp, SLUICE_OUTPUTS: paths.outputs, [COMMAND_MARK]: order.id },
    },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const identity = child.pid === undefined ? null : identify(child.pid);
  child.stdout.on("data", (bytes: Buffer) => log.push("stdout", bytes));
  child.stderr.on("data", (bytes: Buffer) => log.push("stderr", bytes));
  const drained = Promise.all(
    [child.stdout, child.stderr].map((pipe) => new Promise((done) => pipe.once("close", done))),
  );
  const over = new AbortController();
  const ended = exitOf(child);
  const stopping = stopInTime(order, identity, { stop, over: over.signal });
  try {
    const exit = await ended;
    over.abort();
    // Nothing of it stays behind, whatever it started.
    if (identity !== null) signalGroup(identity, "SIGKILL");
    sweep(order.id);
    await Promise.race([drained, delay(PIPE_MS)]);
    return { ...exit, stopped: await stopping };
  } finally {
    over.abort();
  }
}

function exitOf(child: ChildProcess): Promise<Omit<Exit, "stopped">> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new CommandError(`it cannot be started: ${error.message}`, { hopeless: true, cause: error })),
    );
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** SIGTERM to the whole group when the time is up or it is not wanted any more, SIGKILL to all of it a while later. */
async function stopInTime(
  order: CommandOrder,
  identity: ProcessIdentity | null,
  { stop, over }: { stop: AbortSignal; over: AbortSignal },
): Promise<Exit["stopped"]> {
  const either = AbortSignal.any([stop, over]);
  await delay(order.timeoutSeconds * 1_000, undefined, { signal: either }).catch(() => undefined);
  if (over.aborted) return null;
  const cause = stop.aborted ? "stop" : "timeout";
  if (identity !== null) signalGroup(identity, "SIGTERM");
  await delay(order.stopSeconds * 1_000, undefined, { signal: over }).catch(() => undefined);
  if (over.aborted) return cause;
  if (identity !== null) signalGroup(identity, "SIGKILL");
  sweep(order.id);
  return cause;
}

/** Kills every process of the command, also those that left its group. */
export function sweep(id: string): void {
  for (const stray of processesWithVariable(COMMAND_MARK, id)) killQuietly(stray);
}
