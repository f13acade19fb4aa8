import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { stat, truncate } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { createSummary, type EvaluationSummary, parseField, SluiceError } from "@sluice/core";
import { CliError, EXIT } from "../exit.ts";
import { LineKeys } from "./line.keys.ts";
import { readLines } from "./lines.ts";
import { NO_SCORE, type Outcome, outcomeSchema, type Run, runSchema } from "./outcome.ts";

/** The results of one run: a file of one JSON object a line, the first of which says which run it is. */
export interface Results {
  file: string;
  /** Lines that have a score, under the key of the text that was scored. */
  done: LineKeys;
  /** Resolves when the outcome is handed to the operating system's file. */
  add(outcome: Outcome): Promise<void>;
  close(): Promise<void>;
}

/** Begins a new results file. Throws a usage error when it exists: results are never overwritten. */
export async function beginResults(file: string, run: Run): Promise<Results> {
  const stream = await open(file, "wx").catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new CliError(EXIT.usage, `${file} holds the results of an earlier run`, [
      `--resume ${file}    go on with them`,
      "--results <file>    begin another file",
    ]);
  });
  const results = resultsTo(stream, file, new LineKeys());
  await write(stream, { run });
  return results;
}

/**
 * Goes on with a results file: lines that have a score are not asked again, lines that failed are. What a killed run left
 * half-written at the end is cut off. Throws a usage error with file, line and field when it is of another run or damaged.
 */
export async function resumeResults(file: string, run: Run): Promise<Results> {
  const done = new LineKeys();
  let good = 0;
  for await (const { number, text, end, complete } of readLines(file)) {
    if (!complete) break;
    const value = located(file, number, () => JSON.parse(text));
    if (number === 1)
      sameRun(
        file,
        located(file, 1, () => parseField(runSchema, value?.run, "run")),
        run,
      );
    else {
      const outcome = located(file, number, () => parseField(outcomeSchema, value));
      if (!outcome.error) done.set(outcome.line, outcome.key);
    }
    good = end;
  }
  if (good === 0) throw new CliError(EXIT.usage, `${file} holds no results to go on with`);
  if ((await stat(file)).size > good) await truncate(file, good);
  return resultsTo(await open(file, "a"), file, done);
}

function resultsTo(stream: WriteStream, file: string, done: LineKeys): Results {
  return {
    file,
    done,
    async add(outcome) {
      await write(stream, outcome);
      if (!outcome.error) done.set(outcome.line, outcome.key);
    },
    async close() {
      stream.end();
      await finished(stream);
    },
  };
}

/**
 * Sums up what a results file says of the dataset as it is now, `lines`: each line once, results of lines that are gone or were
 * changed not at all, lines without a score as errors.
 */
export async function summarise(file: string, lines: LineKeys): Promise<EvaluationSummary> {
  const summary = createSummary();
  const counted = new LineKeys();
  for await (const { number, text } of readLines(file)) {
    if (number === 1) continue;
    const outcome = located(file, number, () => parseField(outcomeSchema, JSON.parse(text)));
    if (outcome.error || !lines.has(outcome.line, outcome.key) || !counted.set(outcome.line, outcome.key)) continue;
    summary.add(outcome);
  }
  for (let missing = lines.count - counted.count; missing > 0; missing--) summary.add(NO_SCORE);
  return summary.summary();
}

async function open(file: string, flags: "wx" | "a"): Promise<WriteStream> {
  const stream = createWriteStream(file, { flags });
  await once(stream, "open");
  return stream;
}

const write = (stream: WriteStream, value: object): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(`${JSON.stringify(value)}\n`, (error) => (error == null ? resolve() : reject(error)));
  });

function sameRun(file: string, before: Run, now: Run): void {
  for (const [field, value] of Object.entries(before)) {
    const present: unknown = Reflect.get(now, field);
    if (present === value) continue;
    throw new CliError(
      EXIT.usage,
      `${file}:1: run.${field} is ${JSON.stringify(value)}; allowed: ${JSON.stringify(present)}, as in this run`,
    );
  }
}

function located<Value>(file: string, line: number, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof SluiceError) throw new CliError(EXIT.usage, `${file}:${line}: ${error.message}`);
    if (error instanceof SyntaxError) throw new CliError(EXIT.usage, `${file}:${line}: the line is not JSON`);
    throw error;
  }
}
