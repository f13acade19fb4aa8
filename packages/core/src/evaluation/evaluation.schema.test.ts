import { expect, test } from "vitest";
import { violationsOf } from "../validate.ts";
import { evaluationInputSchema } from "./evaluation.schema.ts";
import { metricUnit } from "./metric.ts";

const good = { artifact: "greeter", version: "1.0.0", dataset: "smoke", metrics: { score: 0.9 }, sampleCount: 20 };

const refusals = (fields: object) => {
  const value = { ...good, ...fields };
  const parsed = evaluationInputSchema.safeParse(value);
  return parsed.success ? [] : violationsOf(parsed.error.issues, value).map(({ field }) => field);
};

test("a metric's name says what it holds, and names that say nothing hold anything", () => {
  expect(
    ["accuracy", "answerScore", "pass_rate", "p95Ms", "cost", "totalUsd", "promptTokens", "rating", "Msx"].map(
      metricUnit,
    ),
  ).toEqual(["score", "score", "score", "milliseconds", "usd", "usd", "count", null, null]);
});

test.each<[object, string[]]>([
  [{}, []],
  [{ metrics: { rating: -4.5, p95Ms: 900, score: 1 } }, []],
  [{ metrics: { score: 1.01 } }, ["metrics.score"]],
  [{ metrics: { score: 85, passRate: -0.1, p95Ms: -1 } }, ["metrics.score", "metrics.passRate", "metrics.p95Ms"]],
  [{ metrics: { score: Number.NaN } }, ["metrics.score"]],
  [{ metrics: { score: null } }, ["metrics.score"]],
  [{ metrics: {} }, ["metrics"]],
  [{ metrics: { "a b": 1 } }, ["metrics.a b"]],
  [{ sampleCount: 0 }, ["sampleCount"]],
  [{ dataset: "../x y" }, ["dataset"]],
  [{ finishedAt: "yesterday" }, ["finishedAt"]],
  [{ startedAt: "2026-11-21T10:00:01Z", finishedAt: "2026-11-21T12:00:00+02:00" }, ["startedAt"]],
  [{ details: { text: "x".repeat(70_000) } }, ["details"]],
])("of an evaluation with %j, refused are %j", (fields, refused) => {
  expect(refusals(fields)).toEqual(refused);
});
