import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { promisify } from "node:util";
import { type UsageEntry, type UsageTable, usageTable } from "./usage.ts";

const run = promisify(execFile);

/** Between two of them others have their turn: a machine with thousands of processes delays nobody. */
const PROCESSES_AT_ONCE = 25;
const PS_TIMEOUT_MS = 5_000;
const PS_BYTES = 16 * 1024 * 1024;

/** Reads what every process of the machine uses. Throws when the machine does not tell. */
export async function readUsageTable(): Promise<UsageTable> {
  return usageTable(process.platform === "linux" ? await fromProc() : await fromPs());
}

async function fromProc(): Promise<UsageEntry[]> {
  const units = kernelUnits();
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const entries: UsageEntry[] = [];
  for (const [index, pid] of pids.entries()) {
    if (index > 0 && index % PROCESSES_AT_ONCE === 0) await turn();
    try {
      entries.push(parseProcStat(Number(pid), readFileSync(`/proc/${pid}/stat`, "utf8"), units));
    } catch {
      // Gone between the listing and the reading, or hidden from us.
    }
  }
  return entries;
}

export interface KernelUnits {
  pageBytes: number;
  tickMs: number;
}

/**
 * proc_pid_stat(5): fields 4 (ppid), 5 (pgrp), 14 to 17 (utime, stime, cutime, cstime), 22 (starttime) and 24 (rss),
 * counted after the last `)` because the command's name may hold blanks and parentheses.
 */
export function parseProcStat(pid: number, stat: string, { pageBytes, tickMs }: KernelUnits): UsageEntry {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3] ?? 0);
  return {
    pid,
    parent: field(4),
    group: field(5),
    startTime: fields[19] ?? "",
    rssBytes: field(24) * pageBytes,
    ownMs: (field(14) + field(15)) * tickMs,
    reapedMs: (field(16) + field(17)) * tickMs,
  };
}

let knownUnits: KernelUnits | undefined;

/** What the kernel told this process about itself at its start (getauxval(3)); 4096 bytes and 10 ms if it did not. */
function kernelUnits(): KernelUnits {
  knownUnits ??= parseAuxiliaryVector(readFileSync("/proc/self/auxv"));
  return knownUnits;
}

const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;

export function parseAuxiliaryVector(bytes: Uint8Array): KernelUnits {
  // A copy of its own: what a file is read into may lie anywhere in a buffer that others share, and is not aligned.
  const words = new BigUint64Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.length / 8));
  const told = new Map<bigint, number>();
  for (let index = 0; index + 1 < words.length; index += 2) {
    told.set(words[index] ?? 0n, Number(words[index + 1] ?? 0n));
  }
  return { pageBytes: told.get(AT_PAGESZ) ?? 4_096, tickMs: 1_000 / (told.get(AT_CLKTCK) ?? 100) };
}

async function fromPs(): Promise<UsageEntry[]> {
  const columns = ["-ax", "-o", "pid=,ppid=,pgid=,rss=,time=,lstart="];
  const { stdout } = await run("ps", columns, { timeout: PS_TIMEOUT_MS, maxBuffer: PS_BYTES, encoding: "utf8" });
  return stdout.split("\n").flatMap((line) => parsePsLine(line) ?? []);
}

/** One line of `ps -o pid=,ppid=,pgid=,rss=,time=,lstart=`; ps does not tell the time of ended children. */
export function parsePsLine(line: string): UsageEntry | null {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(?:(\d+)-)?([\d:.]+)\s+(.+?)\s*$/.exec(line);
  if (match === null) return null;
  const [, pid, parent, group, kibibytes, days = "0", time = "", startTime = ""] = match;
  const seconds = time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    startTime,
    rssBytes: Number(kibibytes) * 1024,
    ownMs: (Number(days) * 86_400 + seconds) * 1_000,
    reapedMs: 0,
  };
}
