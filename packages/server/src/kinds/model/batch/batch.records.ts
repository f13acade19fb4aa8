import type { Readable } from "node:stream";
import { type BatchFormat, instanceOfCells, SluiceError } from "@sluice/core";
import { parse } from "csv-parse";

/** What one line asks the model, or why it asks nothing. */
export type BatchRecord = { instance: unknown } | { error: string };

/** Characters of one line; more is no line of data. */
const LONGEST = 4_194_304;

/** The records of a file, one after the other. CSV begins with a line of names, which is none of them. */
export function recordsOf(content: Readable, format: BatchFormat): AsyncIterable<BatchRecord> {
  return format === "csv" ? csvRecords(content) : jsonRecords(content);
}

async function* jsonRecords(content: Readable): AsyncGenerator<BatchRecord> {
  for await (const line of linesOf(content)) {
    if (line.trim() === "") continue;
    try {
      yield { instance: JSON.parse(line) };
    } catch {
      yield { error: "the line is no JSON" };
    }
  }
}

async function* csvRecords(content: Readable): AsyncGenerator<BatchRecord> {
  const parser = parse({
    from_line: 2,
    skip_empty_lines: true,
    relax_column_count: true,
    bom: true,
    max_record_size: LONGEST,
  });
  content.once("error", (error) => parser.destroy(error));
  const rows: AsyncIterable<string[]> = content.pipe(parser);
  try {
    for await (const cells of rows) yield { instance: instanceOfCells(cells) };
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && String(cause.code).startsWith("CSV_")) {
      throw new SluiceError("invalid_argument", `the input is no CSV: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

async function* linesOf(content: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of content.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = `${rest}${piece}`.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST)
      throw new SluiceError("invalid_argument", `a line of the input is longer than ${LONGEST} characters`);
    yield* lines;
  }
  if (rest !== "") yield rest;
}
