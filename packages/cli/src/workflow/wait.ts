import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import type { Session } from "../session.ts";

const EXITS: Readonly<Record<string, ExitCode>> = {
  succeeded: EXIT.ok,
  failed: EXIT.failed,
  cancelled: EXIT.cancelled,
};
const LOOK_MS = 500;

/** The exit code of what has ended; undefined while it goes on. */
export const exitOf = (status: string): ExitCode | undefined => EXITS[status];

/** Asks until it has ended. Throws when the time is over, or at Ctrl-C; it goes on either way. */
export async function untilEnded<Found extends { status: string }>(
  { io }: Session,
  timeout: number | undefined,
  look: () => Promise<Found>,
): Promise<Found> {
  const interrupted = io.interrupted();
  const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : io.now() + timeout;
  for (;;) {
    const found = await look();
    if (exitOf(found.status) !== undefined) return found;
    if (interrupted.aborted) throw new CliError(EXIT.interrupted, "interrupted; it goes on");
    if (io.now() >= deadline) throw new CliError(EXIT.timeout, `it is ${found.status} still; it goes on`);
    await delay(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
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
