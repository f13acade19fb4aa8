import { createContext, Script } from "node:vm";
import { createScoring, type DatasetLine, type OutputScore, readJudgement, SluiceError } from "@sluice/core";
import { RETRY, withAttempts } from "./attempts.ts";
import { CallError, post } from "./request.ts";
import { jsonOf } from "./target.ts";

export type ScoreOutput = (item: DatasetLine, output: unknown, signal: AbortSignal) => Promise<OutputScore>;

/** Milliseconds for one output: a pattern may need exponential time for what a model makes up. */
const LIMIT_MS = 5_000;

/** Scores outputs: here within a time limit, or by the HTTP judge that the line names. Throws `CallError`. */
export function createScorer(limitMs: number = LIMIT_MS): ScoreOutput {
  const local = createScoring();
  const within = timeLimited(limitMs);
  return async ({ id, input, expected, scorer }, output, signal) => {
    if (scorer.type !== "http") return within(() => local(scorer, expected, output));
    const body = { id, input, expected: expected ?? null, output };
    const timeoutMs = scorer.timeoutSeconds * 1_000;
    const call = () => post({ url: scorer.url, headers: {}, body, timeoutMs }, signal);
    try {
      return readJudgement(jsonOf(await withAttempts(call, RETRY, signal)), scorer);
    } catch (error) {
      if (error instanceof CallError) throw new CallError(`the judge ${error.message}`, error);
      if (error instanceof SluiceError)
        throw new CallError(`the judge's answer: ${error.message}`, { transient: false });
      throw error;
    }
  };
}

/** Runs a function in this thread and stops it, regular expressions included, when the time is over. */
function timeLimited(limitMs: number): (call: () => OutputScore) => OutputScore {
  const script = new Script("run()");
  const sandbox: { run: () => void } = { run: () => undefined };
  const context = createContext(sandbox);
  return (call) => {
    const results: OutputScore[] = [];
    sandbox.run = () => {
      results.push(call());
    };
    try {
      script.runInContext(context, { timeout: limitMs });
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new CallError(`the output could not be scored within ${limitMs / 1_000} s`, { transient: false });
    }
    const [result] = results;
    if (result === undefined) throw new TypeError("the script called nothing");
    return result;
  };
}

/** Not by `instanceof`: the error is one of the script's own world. */
const isTimeout = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
