import { afterAll, expect, test } from "vitest";
import { type CelDeclarations, TIMESTAMP } from "./cel.declarations.ts";
import { createCelEvaluator } from "./cel.evaluator.ts";

const declarations: CelDeclarations = {
  types: { Sample: { count: "int", at: TIMESTAMP } },
  variables: { samples: "map<string, Sample>", metrics: "map<string, double>", numbers: "list<int>", text: "string" },
};

const values = {
  samples: { smoke: { count: 20, at: "2026-11-21T10:00:00.000Z" } },
  metrics: { score: 0.9 },
  numbers: Array.from({ length: 2_000 }, (_, at) => at),
  text: `${"a".repeat(40)}!`,
};

const evaluator = createCelEvaluator({ timeoutMs: 3_000 });
afterAll(() => evaluator.close());
const evaluate = (expression: string) => evaluator.evaluate({ expression, declarations, values });

test("an expression sees typed values and answers yes or no", async () => {
  expect(await evaluate('metrics.score >= 0.9 && samples["smoke"].count + 1 > 20')).toEqual({
    status: "value",
    value: true,
  });
  expect(await evaluate('samples.smoke.at < timestamp("2026-01-01T00:00:00Z")')).toEqual({
    status: "value",
    value: false,
  });
});

test("what is not there is named, unless the expression asked", async () => {
  expect(await evaluate("metrics.accuracy > 0.5")).toEqual({ status: "missing", path: ["metrics", "accuracy"] });
  expect(await evaluate("samples.nightly.count > 1")).toEqual({ status: "missing", path: ["samples", "nightly"] });
  expect(await evaluate("has(metrics.accuracy) && metrics.accuracy > 0.5")).toMatchObject({ value: false });
});

test.each([
  ["numbers.map(a, numbers.map(b, numbers.map(c, a * b * c).size()).size()).size() > 0", /ran longer than 3000 ms/],
  ['text.matches("^(a+)+$")', /ran longer than 3000 ms/],
  ["1 / 0 == 1", /division by zero/],
  ['text.matches("(")', /regular expression/],
])("%s fails with its reason, and the next is evaluated all the same", async (expression, reason) => {
  expect(await evaluate(expression)).toEqual({ status: "failed", message: expect.stringMatching(reason) });
  expect(await evaluate("true")).toEqual({ status: "value", value: true });
});

test("an expression that takes all memory fails, and takes nothing else with it", async () => {
  const small = createCelEvaluator({ timeoutMs: 30_000, memoryMb: 24 });
  const expression = "numbers.map(a, numbers.map(b, [a, b, a, b])).size() > 0";
  expect(await small.evaluate({ expression, declarations, values })).toEqual({
    status: "failed",
    message: "it needed more than 24 MB of memory",
  });
  expect(await small.evaluate({ expression: "true", declarations, values })).toMatchObject({ value: true });
  await small.close();
  await expect(small.evaluate({ expression: "true", declarations, values })).rejects.toThrow("the server stops");
});
