import { spawn } from "node:child_process";

export interface CommandOptions {
  env: Record<string, string>;
  /** Given to its standard input: nothing secret is in the list of arguments, which everybody on the machine sees. */
  stdin?: string;
  /** Milliseconds; then it is killed. */
  timeoutMs: number;
  /** Ends it early. */
  signal?: AbortSignal;
}

export interface CommandEnd {
  /** Null: it was killed, or could not be started. */
  code: number | null;
  output: string;
  errors: string;
  /** Why it has no code. */
  reason: "timeout" | "aborted" | "not found" | "killed" | null;
}

/** How much of what it writes is kept: a release's manifest, and the end of what it complains of. */
const OUTPUT = 16 * 1024 * 1024;
const ERRORS = 64 * 1024;

/** Runs a program to its end. Never throws: whatever became of it is told. */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  const { env, stdin = "", timeoutMs, signal } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: "pipe" });
    let output = "";
    let errors = "";
    let reason: CommandEnd["reason"] = null;
    const stop = (why: "timeout" | "aborted"): void => {
      reason ??= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => stop("timeout"), timeoutMs);
    const abort = (): void => stop("aborted");
    const end = (code: number | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      resolve({ code, output, errors, reason: reason ?? (code === null ? "killed" : null) });
    };
    signal?.addEventListener("abort", abort, { once: true });
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output = `${output}${chunk}`.slice(0, OUTPUT);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      errors = `${errors}${chunk}`.slice(-ERRORS);
    });
    child.once("error", (error) => {
      reason ??= "not found";
      errors = error.message;
      end(null);
    });
    child.once("close", (code) => end(code));
    // It may end without reading what it is given.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
    if (signal?.aborted === true) abort();
  });
}
