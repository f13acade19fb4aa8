import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

export const isInstalled = (program: string): boolean => spawnSync("which", [program]).status === 0;

export const temporary = (name: string): string => mkdtempSync(join(tmpdir(), `sluice-bench-${name}-`));

const PIN = "taskset";
const pins = isInstalled(PIN) && availableParallelism() > 1;

/** Starts a program, on processor 0 alone when it is what is measured, on the others when it is not. */
export function start(measured: boolean, command: string, args: readonly string[]): ChildProcess {
  const processors = measured ? "0" : `1-${availableParallelism() - 1}`;
  return pins
    ? spawn(PIN, ["-c", processors, command, ...args], { stdio: ["ignore", "pipe", "inherit"] })
    : spawn(command, [...args], { stdio: ["ignore", "pipe", "inherit"] });
}

/** The first line that a program prints. */
export async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

/** Processor time of a process, and of its children unless told otherwise, so far, in microseconds; null where `/proc` does not tell. */
export function processorTime(pid: number, children = true): number | null {
  if (!existsSync(`/proc/${pid}/stat`)) return null;
  const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const own = (Number(fields[11]) + Number(fields[12])) * (1_000_000 / ticksPerSecond);
  if (!children) return own;
  return workers.reduce((sum, worker) => sum + (processorTime(worker) ?? 0), own);
}

const ticksPerSecond = isInstalled("getconf") ? Number(execFileSync("getconf", ["CLK_TCK"])) : 100;

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The smallest value that at least the share `q` of all values do not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** A table in the terminal: the first column to the left, the others to the right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join("  "));
  }
}
