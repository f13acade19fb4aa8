import { format, type OutputFormat } from "../output/format.ts";
import type { Session } from "../session.ts";

export interface OutputFlags {
  output?: OutputFormat;
}

/** JSON unless a person is looking, or says otherwise: most of what judges offline is another program. */
export const outputOf = ({ io, output }: Session, flags: OutputFlags): OutputFormat =>
  flags.output ?? (output === "table" && !io.stdout.isTTY ? "json" : output);

export const print = ({ io }: Session, output: OutputFormat, data: unknown, table: () => string): void =>
  io.stdout.write(format(output, data, table));
