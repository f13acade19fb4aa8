import { parseStreamEvent, SluiceError, type StreamEvent } from "@sluice/core";
import { CliError, EXIT } from "../exit.ts";
import { type Line, LONGEST_LINE } from "./lines.ts";

export type EventLine =
  | { outcome: "event"; event: StreamEvent }
  /** Nothing on it. */
  | { outcome: "empty" }
  /** The last line, cut off: whoever writes the file has not finished it (edge case 27). */
  | { outcome: "unfinished" };

/** The event of one line of NDJSON. Throws a `CliError` naming file, line and field, what was found and what is allowed. */
export function parseEventLine({ number, text, unfinished }: Line, file: string): EventLine {
  if (text.length > LONGEST_LINE)
    throw new CliError(EXIT.usage, `${file}:${number}: the line is longer than ${LONGEST_LINE} characters`);
  if (text.trim() === "") return { outcome: "empty" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (unfinished) return { outcome: "unfinished" };
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.usage, `${file}:${number}: not JSON: ${reason}; allowed: one event a line`);
  }
  try {
    return { outcome: "event", event: parseStreamEvent(value) };
  } catch (error) {
    if (error instanceof SluiceError) throw new CliError(EXIT.usage, `${file}:${number}: ${error.message}`);
    throw error;
  }
}
