import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { type CommandLogLine, commandFolder } from "@sluice/runtimes";
import type { AttemptKey } from "./attempt.store.ts";
import { commandName } from "./step/command.paths.ts";

export interface RunLogLine extends CommandLogLine {
  task: string;
  attempt: number;
}

/** What of a run is to be read at the moment, and whether more may come. */
export interface LogSources {
  attempts: AttemptKey[];
  ended: boolean;
}

const POLL_MS = 200;
const BLOCK = 65_536;

/**
 * Every line of the attempts, and with `follow` what comes after until all of them have ended. Read on only when the consumer asks
 * for more. Lines of one attempt keep their order; those of attempts that run side by side come as they are found.
 */
export async function* readRunLogs(
  dataDir: string,
  sources: () => Promise<LogSources>,
  { follow, signal }: { follow: boolean; signal: AbortSignal },
): AsyncGenerator<RunLogLine[]> {
  const positions = new Map<string, number>();
  while (!signal.aborted) {
    // Asked before reading: what is written until the end is read after it.
    const { attempts, ended } = await sources();
    for (const key of attempts) {
      const { id, folder } = commandName(dataDir, key);
      for (;;) {
        const { lines, next } = await linesFrom(commandFolder(folder).log, positions.get(id) ?? 0);
        if (lines.length === 0 || signal.aborted) break;
        positions.set(id, next);
        yield lines.map((line) => ({ task: key.task, attempt: key.attempt, ...line }));
      }
    }
    if (!follow || ended) return;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Whole lines from a position on, and the position behind them. A line that is still being written is left for later. */
async function linesFrom(file: string, from: number): Promise<{ lines: CommandLogLine[]; next: number }> {
  let handle: FileHandle;
  try {
    handle = await open(file, "r");
  } catch {
    return { lines: [], next: from }; // Not written yet, or taken away with its run.
  }
  try {
    for (let size = BLOCK; ; size *= 2) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(size), 0, size, from);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      if (end === 0 && bytesRead === size) continue;
      const text = buffer.subarray(0, end).toString("utf8");
      return { lines: text.split("\n").flatMap(parsed), next: from + end };
    }
  } finally {
    await handle.close();
  }
}

/** The host writes them; a line that a full disk cut in half is left out. */
function parsed(line: string): CommandLogLine[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as CommandLogLine];
  } catch {
    return [];
  }
}
