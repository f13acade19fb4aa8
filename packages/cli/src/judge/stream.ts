import { createReadStream } from "node:fs";
import {
  SluiceError,
  STREAM_DEFAULTS,
  STREAM_METRICS,
  StreamJudge,
  type StreamMetric,
  type StreamOptions,
  type StreamReport,
  TOLERANCE,
} from "@sluice/core";
import { InvalidArgumentError, Option } from "commander";
import { integerOption, option, required } from "../command.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { numberOption } from "../number.option.ts";
import type { Session } from "../session.ts";
import { parseEventLine } from "./events.ts";
import { type Line, linesOf } from "./lines.ts";
import { type OutputFlags, outputOf, print } from "./output.ts";
import { renderStream } from "./views.ts";

export interface StreamFlags extends OutputFlags {
  alpha?: number;
  weight?: number;
  every?: number;
  stake?: Partial<Record<StreamMetric, number>>;
  maxIncrease?: number;
  maxRelativeIncrease?: number;
  latencyTolerance?: number;
  latencyToleranceMs?: number;
  quantile?: number;
  maxDecrease?: number;
  nonInferiorityMargin?: number;
  nonInferiorLatency?: boolean;
  stop?: boolean;
}

export const streamOptions = (): Option[] => [
  numberOption("--alpha <rate>", "how often a candidate no worse may be called worse (default 0.01)", 1e-9, 0.5),
  numberOption("--weight <percent>", "the candidate's share, for events that carry no weight", 0, 100),
  integerOption("--every <count>", "print the evidence after every so many events (default 1)", 1, 1_000_000_000),
  new Option(
    "--stake <metric[=part]>",
    "judge by error_rate, latency or score (default all: 0.5, 0.3, 0.2); may be repeated",
  ).argParser(parseStake),
  numberOption("--max-increase <share>", "so much more of the requests may fail", 0, 0.999),
  numberOption("--max-relative-increase <share>", "so much more of stable's failures may there be", 0, 100),
  numberOption("--latency-tolerance <share>", "how much slower is fine (default 0.1)", 0, 100),
  numberOption("--latency-tolerance-ms <ms>", "and so many milliseconds on top (default 5)", 0, 100_000),
  numberOption("--quantile <q>", "watch this quantile of latency alone", 0.001, 0.9999),
  numberOption("--max-decrease <difference>", "the mean score may fall by this much", 0, 0.9),
  numberOption(
    "--non-inferiority-margin <share>",
    "also show that errors are no more than this above stable's",
    0.000_001,
    0.999,
  ),
  option("--non-inferior-latency", "also show that it is no slower than the tolerance"),
  option("--stop", "end at the first verdict of worse, instead of reading on"),
];

/** Reads events to their end, printing the evidence on the way. The last report is always printed. */
export async function stream(session: Session, flags: StreamFlags, source: string | undefined): Promise<ExitCode> {
  const file = required(source);
  const judge = new StreamJudge(optionsOf(flags));
  const output = outputOf(session, flags);
  const every = flags.every ?? 1;
  let [events, printed] = [0, -1];
  const say = (report: StreamReport): void => {
    printed = events;
    if (output === "json") session.io.stdout.write(`${JSON.stringify(report)}\n`);
  };
  for await (const line of linesOf(piecesOf(session, file))) {
    const parsed = parseEventLine(line, file);
    if (parsed.outcome === "unfinished")
      session.note(`${file}:${line.number}: the last line is cut off and was left out`);
    if (parsed.outcome !== "event") continue;
    observe(judge, parsed.event, file, line);
    events += 1;
    if (events % every === 0) say(judge.report());
    if (flags.stop === true && judge.closed !== null) break;
  }
  const report = judge.report();
  if (printed !== events) say(report);
  if (output !== "json") print(session, output, report, () => renderStream(report));
  return exitCodeOf(report, events);
}

function exitCodeOf({ verdict }: StreamReport, events: number): ExitCode {
  if (verdict === "rollback") return EXIT.worse;
  return verdict === "hold" || events === 0 ? EXIT.noVerdict : EXIT.ok;
}

function observe(judge: StreamJudge, event: Parameters<StreamJudge["observe"]>[0], file: string, line: Line): void {
  try {
    judge.observe(event);
  } catch (error) {
    if (error instanceof SluiceError) throw new CliError(EXIT.usage, `${file}:${line.number}: ${error.message}`);
    throw error;
  }
}

async function* piecesOf({ io }: Session, file: string): AsyncGenerator<string> {
  if (file === "-") {
    yield* io.inputPieces();
    return;
  }
  try {
    for await (const piece of createReadStream(file, "utf8")) yield String(piece);
  } catch (error) {
    throw new CliError(EXIT.usage, `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function optionsOf(flags: StreamFlags): StreamOptions {
  const { maxIncrease = 0, maxRelativeIncrease = 0 } = flags;
  const tolerated = maxIncrease > 0 || maxRelativeIncrease > 0;
  return {
    alpha: flags.alpha ?? STREAM_DEFAULTS.alpha,
    weight: flags.weight ?? null,
    stakes: flags.stake ?? STREAM_DEFAULTS.stakes,
    errorMargin: tolerated ? { difference: maxIncrease, ratio: 1 + maxRelativeIncrease } : null,
    latency: {
      relative: flags.latencyTolerance ?? TOLERANCE.relative,
      absoluteMs: flags.latencyToleranceMs ?? TOLERANCE.absoluteMs,
      quantile: flags.quantile,
    },
    scoreMargin: flags.maxDecrease ?? 0,
    nonInferiority: { errors: flags.nonInferiorityMargin ?? null, latency: flags.nonInferiorLatency ?? false },
  };
}

function parseStake(
  text: string,
  previous: Partial<Record<StreamMetric, number>> | undefined,
): Partial<Record<StreamMetric, number>> {
  const [asked, part] = text.split("=", 2);
  const metric = STREAM_METRICS.find((name) => name === asked);
  if (metric === undefined)
    throw new InvalidArgumentError(`Expected ${STREAM_METRICS.join(", ")}, or one of them and =PART.`);
  const stake = part === undefined ? (STREAM_DEFAULTS.stakes[metric] ?? 1) : Number(part || "NaN");
  if (!(stake > 0 && stake <= 1)) throw new InvalidArgumentError("Expected a part above 0 and at most 1.");
  return { ...previous, [metric]: stake };
}
