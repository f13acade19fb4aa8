import { createReadStream } from "node:fs";
import { CliError, EXIT } from "../exit.ts";

export interface Line {
  /** From 1. */
  number: number;
  text: string;
  /** Bytes of the file up to the line's end, its line feed included. */
  end: number;
  /** False for a last line without a line feed. */
  complete: boolean;
}

/** Bytes of one line. */
const MAX_LINE = 8_388_608;
const LINE_FEED = 0x0a;

/**
 * The lines of a file, one after the other, however long it is. Throws a usage error when it cannot be read, or a line is
 * longer than 8 MiB.
 */
export async function* readLines(file: string, maxLine: number = MAX_LINE): AsyncGenerator<Line> {
  let number = 1;
  let end = 0;
  let parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer) => {
    parts.push(part);
    size += part.length;
    end += part.length;
    if (size > maxLine) throw new CliError(EXIT.usage, `${file}:${number}: the line is longer than ${maxLine} bytes`);
  };
  const line = (complete: boolean): Line => ({ number, text: Buffer.concat(parts).toString("utf8"), end, complete });
  try {
    for await (const chunk of createReadStream(file)) {
      if (!Buffer.isBuffer(chunk)) continue;
      let from = 0;
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
        take(chunk.subarray(from, at));
        end += 1;
        yield line(true);
        number += 1;
        parts = [];
        size = 0;
        from = at + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
    }
  } catch (error) {
    throw readingError(file, error);
  }
  if (size > 0) yield line(false);
}

const readingError = (file: string, error: unknown): unknown =>
  error instanceof Error && "code" in error && "syscall" in error
    ? new CliError(EXIT.usage, `${file} cannot be read (${String(error.code)})`)
    : error;
