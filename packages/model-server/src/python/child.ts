import { spawn } from "node:child_process";

export interface ChildEnd {
  ok: boolean;
  /** The last line that it wrote to its standard error. */
  complaint: string;
}

interface Options {
  env: Record<string, string>;
  cwd?: string;
  /** Milliseconds; then it is killed. */
  timeout: number;
}

/** How much of what a child writes is kept: its last words. */
const KEPT = 8_192;

/** Runs a program to its end, or to that of this process. Never throws: one that cannot be started complains too. */
export function runChild(
  [program = "", ...args]: readonly string[],
  { timeout, ...options }: Options,
): Promise<ChildEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...options,
      stdio: ["ignore", "ignore", "pipe"],
      timeout,
      killSignal: "SIGKILL",
    });
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => {
      words = `${words}${chunk}`.slice(-KEPT);
    });
    child.once("error", (error) => resolve({ ok: false, complaint: error.message }));
    const end = (): void => void child.kill("SIGKILL");
    process.once("exit", end);
    child.once("close", (code, signal) => {
      process.off("exit", end);
      const ended = signal === null ? `it ended with ${code}` : `it was ended after ${timeout / 1_000} s (${signal})`;
      resolve({ ok: code === 0, complaint: lastLine(words) ?? ended });
    });
  });
}

const lastLine = (text: string): string | undefined =>
  text
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "");
