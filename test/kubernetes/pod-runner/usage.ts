import { readdir, readFile, readlink } from "node:fs/promises";
import { setInterval as every } from "node:timers/promises";

/** What the processes of one container use. */
export interface Usage {
  cpuCores: number;
  memoryBytes: number;
  at: Date;
  windowSeconds: number;
}

/** A program that is measured; `usage` is null until it was seen twice. */
export interface Measured {
  readonly pid: number;
  usage: Usage | null;
}

interface Sample {
  cpuSeconds: number;
  memoryBytes: number;
}

const PERIOD_MS = 1_000;
/** Linux tells programs of time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** Measures programs each second until the signal. A container's processes are those in its mount namespace. */
export async function measure(programs: () => Measured[], measured: () => void, signal: AbortSignal): Promise<void> {
  let before = new Map<number, { sample: Sample; at: number }>();
  try {
    for await (const _ of every(PERIOD_MS, undefined, { signal })) {
      const now = new Map<number, { sample: Sample; at: number }>();
      const all = await samples();
      for (const program of programs()) {
        const sample = all.get(await namespaceOf(program.pid));
        if (sample === undefined) continue;
        const at = performance.now();
        now.set(program.pid, { sample, at });
        const last = before.get(program.pid);
        if (last === undefined) continue;
        const windowSeconds = (at - last.at) / 1_000;
        // A process that ended takes its part with it.
        const cpuSeconds = Math.max(sample.cpuSeconds - last.sample.cpuSeconds, 0);
        const cpuCores = cpuSeconds / windowSeconds;
        program.usage = { cpuCores, memoryBytes: sample.memoryBytes, at: new Date(), windowSeconds };
      }
      before = now;
      measured();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** What is used in each mount namespace of this machine. */
async function samples(): Promise<Map<string, Sample>> {
  const sums = new Map<string, Sample>();
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const sample = await sampleOf(pid);
    if (sample === null) continue;
    const namespace = await namespaceOf(pid);
    const sum = sums.get(namespace) ?? { cpuSeconds: 0, memoryBytes: 0 };
    sums.set(namespace, {
      cpuSeconds: sum.cpuSeconds + sample.cpuSeconds,
      memoryBytes: sum.memoryBytes + sample.memoryBytes,
    });
  }
  return sums;
}

const namespaceOf = (pid: number): Promise<string> => readlink(`/proc/${pid}/ns/mnt`).catch(() => "");

/** Null when the process has ended meanwhile. */
async function sampleOf(pid: number): Promise<Sample | null> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile(`/proc/${pid}/status`, "utf8"),
    ]);
    return parseSample(stat, status);
  } catch {
    return null;
  }
}

/** Processor time, also of children that have ended, and memory that is the process's own, of two files in /proc. */
export function parseSample(stat: string, status: string): Sample {
  // The program's name stands in brackets, and may have brackets and spaces in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const kilobytes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].reduce(
    (sum, [, text]) => sum + Number(text),
    0,
  );
  return { cpuSeconds: ticks / TICKS_PER_SECOND, memoryBytes: kilobytes * 1_024 };
}
