import { type DatasetLine, SluiceError } from "@sluice/core";
import { CliError } from "../exit.ts";
import { RETRY, withAttempts } from "./attempts.ts";
import { LineKeys } from "./line.keys.ts";
import { readLines } from "./lines.ts";
import { failedOutcome, keyOf, type Outcome, shorten } from "./outcome.ts";
import { CallError } from "./request.ts";
import type { Results } from "./results.ts";
import type { ScoreOutput } from "./scoring.ts";
import type { Target } from "./target.ts";

export interface EvaluateOptions {
  file: string;
  read: (text: string, line: number) => DatasetLine | null;
  target: Target;
  score: ScoreOutput;
  results: Results;
  concurrency: number;
  /** Takes secrets out of text that others wrote. */
  redact: (text: string) => string;
  signal: AbortSignal;
  /** Bytes of the dataset that were read, each time a line is done. */
  onProgress: (progress: { bytes: number; outcome: Outcome | null }) => void;
}

interface Job {
  item: DatasetLine;
  key: string;
  bytes: number;
}

/**
 * Puts every line that has no result yet to the target, some at a time, and adds what comes of it to the results. The dataset is
 * read as it is needed; no more than `concurrency` lines are held. Answers which lines there are. Throws at the first bad line, after the outcomes that were
 * under way are stored, and the signal's reason when aborted.
 */
export async function evaluate(options: EvaluateOptions): Promise<LineKeys> {
  const { concurrency, results, signal, onProgress } = options;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const lines = new LineKeys();
  const jobs = pending(options, lines);
  const work = async () => {
    // An async generator hands its values out one at a time, however many ask.
    for (let next = await jobs.next(); !next.done; next = await jobs.next()) {
      const { item, key, bytes } = next.value;
      const outcome = await outcomeOf(item, key, options, either);
      await results.add(outcome);
      onProgress({ bytes, outcome });
      either.throwIfAborted();
    }
  };
  const ended = await Promise.allSettled(
    Array.from({ length: concurrency }, () =>
      work().catch(async (error: unknown) => {
        // A bad line ends the reading by itself, and lets what is under way come to its end; anything else stops all.
        if (!isLineError(error)) stop.abort(error);
        throw error;
      }),
    ),
  );
  await jobs.return(undefined);
  signal.throwIfAborted();
  const failure = ended.find((one) => one.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return lines;
}

const isLineError = (error: unknown): boolean => error instanceof SluiceError || error instanceof CliError;

/** The lines that have no score yet; all that there are are added to `lines`. */
async function* pending(
  { file, read, results, onProgress }: EvaluateOptions,
  lines: LineKeys,
): AsyncGenerator<Job, undefined> {
  for await (const { text, number, end } of readLines(file)) {
    const item = read(text, number);
    if (item === null) continue;
    const key = keyOf(text);
    lines.set(number, key);
    if (results.done.has(number, key)) onProgress({ bytes: end, outcome: null });
    else yield { item, key, bytes: end };
  }
  return undefined;
}

async function outcomeOf(
  item: DatasetLine,
  key: string,
  { target, score, redact }: EvaluateOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const answer = await withAttempts(() => target.ask(item.input, signal), RETRY, signal);
    const { output, ...figures } = answer;
    const verdict = await score(item, output, signal);
    const { line, id } = item;
    const { reason } = verdict;
    return {
      line,
      key,
      id,
      ...verdict,
      ...figures,
      error: false,
      reason: redact(reason),
      output: shorten(output, redact),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CallError)) throw error;
    return failedOutcome(item, key, redact(error.message));
  }
}
