import { closeSync, openSync, writeSync } from "node:fs";
import { createLineSplitter } from "../supervision/line.splitter.ts";
import type { Mask } from "./mask.ts";

export type CommandStream = "stdout" | "stderr" | "system";

/** One line of `log.ndjson`. */
export interface CommandLogLine {
  at: string;
  stream: CommandStream;
  text: string;
}

export interface CommandLog {
  /** Bytes of output. */
  push(stream: "stdout" | "stderr", bytes: Buffer): void;
  /** A line of our own. */
  say(text: string): void;
  /** The last lines of error output, or of the other where there was none. */
  lastLines(count: number): string[];
  end(): void;
}

const MB = 1_048_576;
/** Lines that are remembered for the reason of a failure. */
const REMEMBERED = 30;

/** Writes lines as they come, secrets masked, until so much has been written; what comes after is counted only. */
export function createCommandLog(file: string, mask: Mask, limitMb: number): CommandLog {
  const descriptor = openSync(file, "a", 0o600);
  const splitters = { stdout: createLineSplitter(), stderr: createLineSplitter() };
  const last: Record<"stdout" | "stderr", string[]> = { stdout: [], stderr: [] };
  let written = 0;
  let dropped = 0;

  const write = (stream: CommandStream, text: string): void => {
    const line: CommandLogLine = { at: new Date().toISOString(), stream, text };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    written += bytes.length;
    writeSync(descriptor, bytes);
  };
  const keep = (stream: "stdout" | "stderr", raw: string): void => {
    const text = mask(raw);
    last[stream] = [...last[stream], text].slice(-REMEMBERED);
    if (written > limitMb * MB) {
      dropped += 1;
      if (dropped === 1) write("system", `output beyond ${limitMb} MB is not kept`);
      return;
    }
    write(stream, text);
  };

  return {
    push(stream, bytes) {
      for (const line of splitters[stream].push(bytes)) keep(stream, line);
    },
    say: (text) => write("system", mask(text)),
    lastLines: (count) => (last.stderr.length > 0 ? last.stderr : last.stdout).slice(-count),
    end() {
      for (const stream of ["stdout", "stderr"] as const) {
        for (const line of splitters[stream].flush()) keep(stream, line);
      }
      if (dropped > 1) write("system", `${dropped} lines of output were not kept`);
      closeSync(descriptor);
    },
  };
}
