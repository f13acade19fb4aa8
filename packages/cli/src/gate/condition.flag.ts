import type { Comparison } from "@sluice/core";
import { InvalidArgumentError, Option } from "commander";

/** A condition as the API takes it. */
export interface ConditionInput {
  type: "eval_score" | "latency" | "cost" | "custom";
  metric?: string;
  dataset?: string;
  source?: "tests";
  operator?: Comparison;
  threshold?: number;
  expression?: string;
  webhook?: { url: string };
}

const OPERATORS: Readonly<Record<string, Comparison>> = { ">=": "gte", "<=": "lte", "==": "eq", ">": "gt", "<": "lt" };

/** `accuracy>=0.9@smoke`: metric, comparison, threshold, dataset. */
const FIGURE = /^\s*([A-Za-z][\w.-]*)\s*(>=|<=|==|>|<)\s*(\S+?)\s*@\s*(\S+)\s*$/;

/** Null for text that is no such condition. `@tests` of a latency is that of the version's tests. */
export function parseFigure(type: "eval_score" | "latency" | "cost", text: string): ConditionInput | null {
  const [, metric, sign = "", number = "", dataset] = FIGURE.exec(text) ?? [];
  const operator = OPERATORS[sign];
  const threshold = Number(number);
  if (metric === undefined || dataset === undefined || operator === undefined || !Number.isFinite(threshold))
    return null;
  const of = type === "latency" && dataset === "tests" ? ({ source: "tests" } as const) : { dataset };
  return { type, metric, operator, threshold, ...of };
}

const more = (previous: ConditionInput[] | undefined, condition: ConditionInput): ConditionInput[] => [
  ...(previous ?? []),
  condition,
];

function figureOption(flag: string, type: "eval_score" | "latency" | "cost", example: string): Option {
  const description = `${type} condition, such as '${example}'; may be repeated`;
  return new Option(`${flag} <condition>`, description).argParser((text, previous: ConditionInput[] | undefined) => {
    const condition = parseFigure(type, text);
    if (condition === null)
      throw new InvalidArgumentError(`Expected METRIC(>=|<=|==|>|<)NUMBER@DATASET, such as ${example}.`);
    return more(previous, condition);
  });
}

export interface ConditionFlags {
  score?: ConditionInput[];
  latency?: ConditionInput[];
  cost?: ConditionInput[];
  expression?: ConditionInput[];
  webhook?: ConditionInput[];
}

/** Flags that each add a condition. */
export const conditionOptions = (): Option[] => [
  figureOption("--score", "eval_score", "accuracy>=0.9@smoke"),
  figureOption("--latency", "latency", "p95Ms<=800@smoke"),
  figureOption("--cost", "cost", "costUsd<=0.02@smoke"),
  new Option("--expression <cel>", "condition in CEL; may be repeated").argParser(
    (expression, previous: ConditionInput[] | undefined) => more(previous, { type: "custom", expression }),
  ),
  new Option("--webhook <url>", "condition that this address decides; may be repeated").argParser(
    (url, previous: ConditionInput[] | undefined) => more(previous, { type: "custom", webhook: { url } }),
  ),
];

export const conditionsOf = ({ score, latency, cost, expression, webhook }: ConditionFlags): ConditionInput[] =>
  [score, latency, cost, expression, webhook].flatMap((conditions) => conditions ?? []);
