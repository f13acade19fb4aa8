import {
  COMPARE_DEFAULTS,
  COMPARE_METRICS_DEFAULTS,
  type CompareOptions,
  type ComparisonVerdict,
  compareMetrics,
  type Direction,
  KAYENTA_DEFAULTS,
  KAYENTA_MENDS,
  type KayentaMend,
  type MetricSeries,
} from "@sluice/core";
import { InvalidArgumentError, Option } from "commander";
import { integerOption, option, pairOption } from "../command.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { readSource } from "../manifest/read.ts";
import { numberOption } from "../number.option.ts";
import type { Session } from "../session.ts";
import { type OutputFlags, outputOf, print } from "./output.ts";
import { parseSeries } from "./series.ts";
import { renderComparison } from "./views.ts";

export interface CompareFlags extends OutputFlags {
  control: string;
  candidate: string;
  metric?: string[];
  tolerance?: number;
  confidence?: number;
  direction?: Directions;
  mode?: CompareOptions["mode"];
  nan?: CompareOptions["nan"];
  looks?: number;
  mend?: KayentaMend[];
  removeOutliers?: boolean;
  critical?: string[];
  weight?: Record<string, string>;
  pass?: number;
  marginal?: number;
}

/** For all metrics, and for single ones by name. */
interface Directions {
  all: Direction;
  named: Record<string, Direction>;
}

const DIRECTIONS: readonly Direction[] = ["increase", "decrease", "either"];

export const compareOptions = (): Option[] => [
  option("--control <file>", "stable's figures: JSON or CSV (- for standard input)").makeOptionMandatory(),
  option("--candidate <file>", "the candidate's figures").makeOptionMandatory(),
  option("--metric <name...>", "only these metrics"),
  numberOption(
    "--tolerance <share>",
    "a shift up to this share of stable's median is fine (default 0.1, Kayenta 0.25)",
    0,
    10,
  ),
  numberOption("--confidence <level>", "of the interval of the shift (default 0.98)", 0.5, 1),
  new Option(
    "--direction <direction>",
    "which change is worse: increase, decrease or either; NAME=DIRECTION for one metric",
  ).argParser(parseDirection),
  new Option("--mode <mode>", "judge as Sluice does, or reproduce Kayenta's judge").choices(["sluice", "kayenta"]),
  new Option("--nan <what>", "leave out points that are no numbers, or count them as 0").choices(["remove", "replace"]),
  integerOption(
    "--looks <count>",
    "how often you will look at growing data; shares the error rate (default 1)",
    1,
    10_000,
  ),
  new Option("--mend <weakness...>", "kayenta: mend a known weakness").choices(KAYENTA_MENDS),
  option("--remove-outliers", "kayenta: leave out outliers"),
  option("--critical <name...>", "kayenta: metrics whose failure fails everything"),
  pairOption("--weight <name=percent>", "a metric's part of the score; may be repeated"),
  numberOption("--pass <score>", "kayenta: passes from here on (default 95)", 0, 100),
  numberOption("--marginal <score>", "kayenta: marginal from here on (default 75)", 0, 100),
];

/** Reads both sides, compares them once, prints what was found. */
export async function compare(session: Session, flags: CompareFlags): Promise<ExitCode> {
  if (flags.control === "-" && flags.candidate === "-")
    throw new CliError(EXIT.usage, "--control and --candidate are both -; only one can be the standard input");
  checkKayentaOnly(flags);
  const control = await read(session, flags.control, flags);
  const candidate = await read(session, flags.candidate, flags);
  const comparison = compareMetrics(control, candidate, {
    common: commonOptions(flags),
    perMetric: perMetricOptions(flags),
    weights: weightsOf(flags),
    thresholds: thresholdsOf(flags),
  });
  print(session, outputOf(session, flags), comparison, () => renderComparison(comparison));
  return EXIT_OF[comparison.verdict];
}

const EXIT_OF: Readonly<Record<ComparisonVerdict, ExitCode>> = {
  pass: EXIT.ok,
  worse: EXIT.worse,
  marginal: EXIT.noVerdict,
  unknown: EXIT.noVerdict,
};

async function read(session: Session, file: string, { metric = [] }: CompareFlags): Promise<MetricSeries> {
  const { series, notes } = parseSeries(await readSource(file, session.io), file, metric);
  for (const note of notes) session.note(note);
  return series;
}

function commonOptions(flags: CompareFlags): Partial<CompareOptions> {
  const mode = flags.mode ?? COMPARE_DEFAULTS.mode;
  return {
    mode,
    tolerance: flags.tolerance ?? (mode === "kayenta" ? KAYENTA_DEFAULTS : COMPARE_DEFAULTS).tolerance,
    confidence: flags.confidence ?? COMPARE_DEFAULTS.confidence,
    direction: flags.direction?.all ?? COMPARE_DEFAULTS.direction,
    nan: flags.nan ?? COMPARE_DEFAULTS.nan,
    comparisons: flags.looks ?? COMPARE_DEFAULTS.comparisons,
    mends: flags.mend ?? [],
    kayenta: { removeOutliers: flags.removeOutliers ?? false },
  };
}

function perMetricOptions({ direction, critical = [], removeOutliers = false }: CompareFlags) {
  const options: Record<string, Partial<CompareOptions>> = {};
  for (const [name, wanted] of Object.entries(direction?.named ?? {})) options[name] = { direction: wanted };
  for (const name of critical) options[name] = { ...options[name], kayenta: { critical: true, removeOutliers } };
  return options;
}

function weightsOf({ weight = {} }: CompareFlags): Record<string, number> {
  return Object.fromEntries(
    Object.entries(weight).map(([name, text]) => {
      const percent = text.trim() === "" ? Number.NaN : Number(text);
      if (percent >= 0 && percent <= 100) return [name, percent];
      throw new CliError(
        EXIT.usage,
        `--weight ${name} is ${JSON.stringify(text)}; allowed: a percentage from 0 to 100`,
      );
    }),
  );
}

function thresholdsOf(flags: CompareFlags): { pass: number; marginal: number } {
  const { pass, marginal } = { ...COMPARE_METRICS_DEFAULTS.thresholds, ...definedOf(flags) };
  if (marginal > pass)
    throw new CliError(EXIT.usage, `--marginal is ${marginal}; allowed: at most what passes, ${pass}`);
  return { pass, marginal };
}

const definedOf = ({ pass, marginal }: CompareFlags): { pass?: number; marginal?: number } => ({
  ...(pass !== undefined && { pass }),
  ...(marginal !== undefined && { marginal }),
});

/** What only Kayenta's judge knows is not silently ignored. */
function checkKayentaOnly(flags: CompareFlags): void {
  if (flags.mode === "kayenta") {
    if (flags.looks === undefined) return;
    throw new CliError(EXIT.usage, "--looks is for --mode sluice; Kayenta's judge does not allow for repeated looks");
  }
  const given = (["mend", "removeOutliers", "critical", "pass", "marginal"] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (given === undefined) return;
  const flag = given.replace("O", "-o");
  throw new CliError(EXIT.usage, `--${flag} is for --mode kayenta`);
}

function parseDirection(text: string, previous: Directions | undefined): Directions {
  const known = previous ?? { all: COMPARE_DEFAULTS.direction, named: {} };
  const border = text.lastIndexOf("=");
  const direction = DIRECTIONS.find((name) => name === text.slice(border + 1));
  if (direction === undefined || border === 0)
    throw new InvalidArgumentError(`Expected ${DIRECTIONS.join(", ")}, or NAME= and one of them.`);
  if (border < 0) return { ...known, all: direction };
  return { ...known, named: { ...known.named, [text.slice(0, border)]: direction } };
}
