import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFigure } from "./condition.flag.ts";

test.each([
  ["accuracy>=0.9@smoke", { metric: "accuracy", operator: "gte", threshold: 0.9, dataset: "smoke" }],
  [" p95Ms < 8e2 @ nightly/full@v2 ", { metric: "p95Ms", operator: "lt", threshold: 800, dataset: "nightly/full@v2" }],
  ["f1==1@a", { metric: "f1", operator: "eq", threshold: 1, dataset: "a" }],
])("%s is a condition", (text, condition) => {
  expect(parseFigure("eval_score", text)).toEqual({ type: "eval_score", ...condition });
});

test("a latency @tests is that of the tests, a score @tests of a dataset of that name", () => {
  expect(parseFigure("latency", "p95Ms<=500@tests")).toMatchObject({ source: "tests" });
  expect(parseFigure("eval_score", "score>0.5@tests")).toMatchObject({ dataset: "tests" });
});

test.each([
  "accuracy",
  "accuracy>=0.9",
  "accuracy=0.9@smoke",
  "accuracy>=high@smoke",
  ">=0.9@smoke",
  "a>=Infinity@x",
  "",
])("%j is none", (text) => expect(parseFigure("eval_score", text)).toBeNull());

test("no text makes it throw, and every threshold it finds is a number", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z]{1,3}(>|<|=){1,2}[-+.e0-9]{0,6}@[a-z]?$/)), (text) => {
      const condition = parseFigure("cost", text);
      if (condition !== null) expect(Number.isFinite(condition.threshold)).toBe(true);
    }),
  );
});
