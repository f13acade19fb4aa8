import { z } from "zod";
import { invalid, type MetricOutcome, type MetricProblem, noData, unavailable, valuesOf } from "./metric.outcome.ts";

const point = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());

const answerSchema = z.union([
  z.object({
    status: z.literal("success"),
    data: z.discriminatedUnion("resultType", [
      z.object({ resultType: z.literal("scalar"), result: point }),
      z.object({ resultType: z.literal("string"), result: point }),
      z.object({
        resultType: z.literal("vector"),
        result: z.array(z.object({ metric: labels, value: point.optional(), histogram: z.unknown().optional() })),
      }),
      z.object({
        resultType: z.literal("matrix"),
        result: z.array(
          z.object({ metric: labels, values: z.array(point).optional(), histograms: z.unknown().optional() }),
        ),
      }),
    ]),
  }),
  z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() }),
]);

/** Error types of Prometheus that the query is to blame for, and not the moment. */
const BAD_QUERY = new Set(["bad_data", "execution"]);

/** Series that are named in a refusal. */
const NAMED = 3;

/** A point of a range: seconds since 1970, and the value. */
export interface RangePoint {
  at: number;
  value: number;
}

export type RangeOutcome = { kind: "points"; points: RangePoint[] } | MetricProblem;

type Answer = Extract<z.infer<typeof answerSchema>, { status: "success" }>["data"];

/** One number out of an instant query's answer. */
export function readInstant(status: number, text: string): MetricOutcome {
  const answer = parse(status, text);
  if ("kind" in answer) return answer;
  switch (answer.resultType) {
    case "scalar":
      return numberOf(answer.result[1]);
    case "string":
      return invalid("the query answers a text; allowed: one number");
    case "matrix":
      return invalid("the query answers a range vector; allowed: one number, as by rate() or avg_over_time() of it");
    case "vector": {
      const refused = notOne(answer.result.map(({ metric }) => metric));
      if (refused !== null) return refused;
      const value = answer.result[0]?.value;
      return value === undefined ? invalid("the query answers a histogram; allowed: one number") : numberOf(value[1]);
    }
  }
}

/**
 * The points of a range query's answer from `after` (exclusive) to `until` (inclusive), both in seconds. Points later than that are of windows that are
 * not complete yet, and not taken (edge case 27). Points that are no numbers are left out: 0/0 is how a rate without requests looks.
 */
export function readRange(status: number, text: string, after: number, until: number): RangeOutcome {
  const answer = parse(status, text);
  if ("kind" in answer) return answer;
  if (answer.resultType !== "matrix") {
    return invalid(`the query answers a ${answer.resultType} over time; allowed: one series of numbers`);
  }
  const refused = notOne(answer.result.map(({ metric }) => metric));
  if (refused !== null) return refused;
  const values = answer.result[0]?.values;
  if (values === undefined) return invalid("the query answers histograms; allowed: one series of numbers");
  const points = values
    .map(([at, value]) => ({ at, value: toNumber(value) }))
    .filter(({ at }) => at > after && at <= until);
  const infinite = points.find(({ value }) => Math.abs(value) === Number.POSITIVE_INFINITY);
  if (infinite !== undefined)
    return invalid(`the series is ${infinite.value} at ${infinite.at}; allowed: finite numbers`);
  const finite = points.filter(({ value }) => Number.isFinite(value));
  if (finite.length > 0) return { kind: "points", points: finite };
  return points.length > 0 ? NOT_A_NUMBER : NOTHING;
}

const NOTHING = { kind: "no_data" as const, message: "the query answers nothing; a series would end this" };
const NOT_A_NUMBER = {
  kind: "no_data" as const,
  message: "the query answers NaN, as a rate without requests does; a number would end this",
};

function parse(status: number, text: string): Answer | MetricProblem {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: "unavailable", message: `answered ${status} with something that is not JSON` };
  }
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return { kind: "unavailable", message: `answered ${status}, and not as Prometheus does` };
  const answer = parsed.data;
  if (answer.status === "success" && status === 200) return answer.data;
  if (answer.status === "success") return { kind: "unavailable", message: `answered ${status}` };
  const { errorType, error } = answer;
  const message = `answered ${status}: ${errorType}: ${error.slice(0, 200)}`;
  return { kind: BAD_QUERY.has(errorType) ? "invalid" : "unavailable", message };
}

/** Edge case 32: two series are two things, and which one is the arm's nobody can say. */
function notOne(series: readonly Record<string, string>[]): MetricProblem | null {
  if (series.length === 1) return null;
  if (series.length === 0) return NOTHING;
  const named = series.slice(0, NAMED).map(nameOf).join(", ");
  const more = series.length > NAMED ? ` and ${series.length - NAMED} more` : "";
  return {
    kind: "invalid",
    message: `the query answers ${series.length} series: ${named}${more}; allowed: exactly one`,
  };
}

function nameOf(labels: Record<string, string>): string {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(",")}}`.slice(0, 120);
}

function numberOf(written: string): MetricOutcome {
  const value = toNumber(written);
  return Number.isNaN(value) ? noData(NOT_A_NUMBER.message) : valuesOf([value], "the answer");
}

const toNumber = (written: string): number => {
  if (written === "+Inf" || written === "Inf") return Number.POSITIVE_INFINITY;
  if (written === "-Inf") return Number.NEGATIVE_INFINITY;
  return written.trim() === "" ? Number.NaN : Number(written);
};

/** `message` after the name of the source, as part of a sentence. */
export const said = (who: string, outcome: MetricOutcome): MetricOutcome =>
  outcome.kind === "unavailable" ? unavailable(`${who} ${outcome.message}`) : outcome;
