import { setTimeout as delay } from "node:timers/promises";
import { isPassing } from "@sluice/client";
import { z } from "zod";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import type { Session } from "../session.ts";

const EXITS: Readonly<Record<string, ExitCode>> = {
  succeeded: EXIT.ok,
  failed: EXIT.failed,
  cancelled: EXIT.cancelled,
};
const LOOK_MS = 500;
const PATIENCE_MS = 60_000;

/** The exit code of what has ended; undefined while it goes on. */
export const exitOf = (status: string): ExitCode | undefined => EXITS[status];

interface Waited {
  status: string;
}

/** One task of what is waited for, as it stands. */
interface Progress {
  task: string;
  status: string;
  reason: string | null;
}

/**
 * Asks until it has ended. Remarks on each of its tasks whenever that has become something else.
 * Throws when the time is over, or at Ctrl-C; it goes on either way.
 */
export async function untilEnded<Found extends Waited>(
  session: Session,
  timeout: number | undefined,
  look: () => Promise<Found>,
  tasksOf: (found: Found) => Progress[],
): Promise<Found> {
  const { io } = session;
  const interrupted = io.interrupted();
  const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : io.now() + timeout;
  const told = new Map<string, string>();
  const again = patiently(session, look);
  let found = await look();
  for (;;) {
    for (const progress of tasksOf(found)) tell(session, told, progress);
    if (exitOf(found.status) !== undefined) return found;
    if (interrupted.aborted) throw new CliError(EXIT.interrupted, "interrupted; it goes on");
    if (io.now() >= deadline) throw new CliError(EXIT.timeout, `it is ${found.status} still; it goes on`);
    await delay(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined);
    found = await again(found);
  }
}

/** A look that gives the earlier answer while the server has none, for a while: it may be starting again. */
function patiently<Found>({ io, note }: Session, look: () => Promise<Found>): (last: Found) => Promise<Found> {
  let silentSince: number | null = null;
  return async (last) => {
    try {
      const found = await look();
      silentSince = null;
      return found;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (silentSince === null) note(`${error.message}; trying again`);
      silentSince ??= io.now();
      if (io.now() - silentSince > PATIENCE_MS) throw error;
      return last;
    }
  };
}

/** What has not begun is not worth a remark. */
function tell({ io, note }: Session, told: Map<string, string>, { task, status, reason }: Progress): void {
  if ((told.get(task) ?? "pending") === status) return;
  told.set(task, status);
  const at = `${new Date(io.now()).toISOString().slice(0, 19)}Z`;
  note(`${at}  ${task}  ${status.replaceAll("_", " ")}${reason === null ? "" : `: ${reason}`}`);
}

const lineSchema = z.looseObject({ task: z.string(), stream: z.string(), text: z.string() });

/** Prints lines of output as they come, until there will be no more. */
export async function followLogs(session: Session, address: string, query: Record<string, string>): Promise<void> {
  const { client, io, colors, output } = session;
  const options = { signal: io.interrupted(), reconnect: false };
  for await (const message of client.stream(address, { ...query, follow: true }, options)) {
    const line = lineSchema.parse(JSON.parse(message.data));
    const paint = line.stream === "stderr" ? colors.yellow : line.stream === "system" ? colors.dim : String;
    io.stdout.write(
      output === "table" ? `${colors.dim(line.task)}  ${paint(line.text)}\n` : `${JSON.stringify(line)}\n`,
    );
  }
}
