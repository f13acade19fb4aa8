import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * Which process a pid meant when it was written down. Pids are used again, so a pid alone proves nothing; together with
 * the start time and the boot of the machine it names one process for ever.
 */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
  bootId: string;
}

interface Entry {
  pid: number;
  group: number;
  startTime: string;
  /** Has exited, but its parent has not taken notice. */
  zombie: boolean;
}

const onLinux = process.platform === "linux";

/** The process behind a pid, or null when there is none. */
export function identify(pid: number): ProcessIdentity | null {
  const entry = read(pid);
  return entry === null ? null : { pid, startTime: entry.startTime, bootId: bootId() };
}

/** Whether the very process still runs; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  const entry = read(identity.pid);
  return entry !== null && !entry.zombie && entry.startTime === identity.startTime && identity.bootId === bootId();
}

/**
 * Living processes of the group that the process leads, or led: its children outlive it in the group. Empty when the
 * group's number has come to mean a stranger's group.
 */
export function groupMembers(leader: ProcessIdentity): number[] {
  if (leader.bootId !== bootId()) return [];
  const present = read(leader.pid);
  if (present !== null && present.startTime !== leader.startTime) return [];
  return all()
    .filter(({ group, zombie }) => group === leader.pid && !zombie)
    .map(({ pid }) => pid);
}

/** Signals the whole group; nothing happens when it is gone. */
export function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): void {
  if (groupMembers(leader).length > 0) signalQuietly(-leader.pid, signal);
}

/**
 * Living processes that were started with this variable, wherever they have moved since. Linux only: elsewhere another
 * process's environment cannot be read reliably, and the answer is empty.
 */
export function processesWithVariable(name: string, value: string): ProcessIdentity[] {
  if (!onLinux) return [];
  const wanted = `${name}=${value}`;
  return all().flatMap(({ pid, startTime, zombie }) => {
    const found = !zombie && readText(`/proc/${pid}/environ`)?.split("\0").includes(wanted) === true;
    return found ? [{ pid, startTime, bootId: bootId() }] : [];
  });
}

export function killQuietly({ pid }: ProcessIdentity): void {
  signalQuietly(pid, "SIGKILL");
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // Gone in the meantime, or (EPERM on macOS) only zombies are left.
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

let knownBootId: string | undefined;

function bootId(): string {
  knownBootId ??= onLinux
    ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    : execFileSync("sysctl", ["-n", "kern.boottime"], { encoding: "utf8" }).trim();
  return knownBootId;
}

function read(pid: number): Entry | null {
  if (onLinux) {
    const stat = readText(`/proc/${pid}/stat`);
    return stat === null ? null : parseStat(pid, stat);
  }
  return ps(["-p", String(pid)])[0] ?? null;
}

function all(): Entry[] {
  if (!onLinux) return ps(["-ax"]);
  return readdirSync("/proc").flatMap((name) => {
    const entry = /^\d+$/.test(name) ? read(Number(name)) : null;
    return entry === null ? [] : [entry];
  });
}

/** proc_pid_stat(5): the command's name may hold blanks and parentheses, so fields are counted after the last `)`. */
export function parseStat(pid: number, stat: string): Entry {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Fields 3 (state), 5 (pgrp) and 22 (starttime), the first of this list being number 3.
  const state = fields[0];
  return { pid, group: Number(fields[2]), startTime: fields[19] ?? "", zombie: state === "Z" || state === "X" };
}

function ps(selection: string[]): Entry[] {
  let output: string;
  try {
    output = execFileSync("ps", [...selection, "-o", "pid=,pgid=,stat=,lstart="], { encoding: "utf8" });
  } catch {
    return []; // ps exits with 1 when nothing was selected.
  }
  return output.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
    if (match === null) return [];
    const [, pid = "", group = "", state = "", startTime = ""] = match;
    return [{ pid: Number(pid), group: Number(group), startTime, zombie: state.startsWith("Z") }];
  });
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // Gone between the listing and the reading, or not ours to read.
  }
}
