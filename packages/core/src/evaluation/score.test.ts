import fc from "fast-check";
import { expect, test } from "vitest";
import { createScoring, readJudgement } from "./score.ts";
import { type Scorer, scorerSchema } from "./scorer.schema.ts";

const scoring = createScoring();
const passes = (scorer: object, expected: unknown, output: unknown): boolean => {
  const parsed = scorerSchema.parse(scorer);
  if (parsed.type === "http") throw new Error("scored elsewhere");
  return scoring(parsed, expected, output).passed;
};

test.each<[object, unknown, unknown, boolean]>([
  [{ type: "exact" }, "Paris", " Paris\n", true],
  [{ type: "exact" }, "Paris", "paris", false],
  [{ type: "exact", ignoreCase: true }, "Paris", "paris", true],
  [{ type: "exact" }, { a: 1, b: 2 }, '{"b":2,"a":1}', true],
  [{ type: "exact" }, { a: 1 }, { a: 1 }, true],
  [{ type: "exact" }, 4, "4", true],
  [{ type: "exact" }, null, "no JSON", false],
  [{ type: "contains" }, "Paris", "It is Paris.", true],
  [{ type: "contains" }, ["Paris", "France"], "It is Paris.", false],
  [{ type: "contains", ignoreCase: true }, ["PARIS"], "It is Paris.", true],
  [{ type: "regex" }, "^\\d+$", "42", true],
  [{ type: "regex", flags: "i" }, "paris", "PARIS", true],
  [{ type: "regex" }, "paris", "PARIS", false],
  [{ type: "json_schema" }, { type: "object", required: ["a"] }, '{"a":1}', true],
  [{ type: "json_schema" }, { type: "object", required: ["a"] }, '```json\n{"a":1}\n```', true],
  [{ type: "json_schema" }, { type: "object", required: ["a"] }, { b: 1 }, false],
  [{ type: "json_schema" }, { type: "object" }, "not JSON", false],
  [{ type: "numeric" }, 42, "The answer is 42.", true],
  [{ type: "numeric", tolerance: 0.5 }, 42, "41.5", true],
  [{ type: "numeric", tolerance: 0.4 }, 42, "41.5", false],
  [{ type: "numeric", relativeTolerance: 0.1 }, -100, "-91", true],
  [{ type: "numeric" }, 42, "41 or 42", false],
  [{ type: "numeric" }, 1200, "1.2e3", true],
  [{ type: "numeric" }, 0, "nothing", false],
])("%j, expected %j, output %j: %s", (scorer, expected, output, passed) => {
  expect(passes(scorer, expected, output)).toBe(passed);
});

const anyScorer = fc.constantFrom<object[]>(
  { type: "exact" },
  { type: "contains" },
  { type: "numeric", tolerance: 1 },
  { type: "json_schema" },
);

test("any output gets a score and a reason that can be shown", () => {
  const expectedFor = {
    exact: "x",
    contains: ["x"],
    numeric: 1,
    json_schema: { type: "object", properties: { a: { type: "number" } } },
  };
  fc.assert(
    fc.property(anyScorer, fc.oneof(fc.string(), fc.jsonValue()), (scorer, output) => {
      const parsed = scorerSchema.parse(scorer);
      if (parsed.type === "http" || parsed.type === "regex") throw new Error("not among them");
      const { score, passed, reason } = scoring(parsed, expectedFor[parsed.type], output);
      expect([0, 1]).toContain(score);
      expect(passed).toBe(score === 1);
      expect(reason.length).toBeLessThanOrEqual(1_000);
    }),
  );
});

test("JSON is read with and without the fence that models put around it", () => {
  const fits = (output: string) => createScoring()({ type: "json_schema" }, { type: "object" }, output).passed;
  for (const fence of ["```json\n{}\n```", " ```\n{}\n  ```\n", "```json\n{}```", "{}"]) expect(fits(fence)).toBe(true);
  for (const none of ["```", "```\n```", "```yaml\n{}\n```", "```json {} ```", `\`\`\`${"\n".repeat(100_000)}x`]) {
    expect(fits(none)).toBe(false);
  }
});

test("a number is near itself, and as near as its tolerance says", () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(number, fc.double({ min: 0, max: 100, noNaN: true }), (value, tolerance) => {
      expect(passes({ type: "numeric", tolerance }, value, String(value))).toBe(true);
      expect(passes({ type: "numeric", tolerance }, value, String(value + 2 * tolerance + 1))).toBe(false);
    }),
  );
});

const judge = scorerSchema.parse({ type: "http", url: "http://judge", threshold: 0.7 }) as Extract<
  Scorer,
  { type: "http" }
>;

test("a judge may give a score, a verdict, or both", () => {
  expect(readJudgement({ score: 0.8, reason: "fine" }, judge)).toEqual({ score: 0.8, passed: true, reason: "fine" });
  expect(readJudgement({ score: 0.6 }, judge)).toMatchObject({ passed: false });
  expect(readJudgement({ passed: true }, judge)).toMatchObject({ score: 1, passed: true });
  expect(readJudgement({ score: 0.1, passed: true, more: "is ignored" }, judge)).toMatchObject({
    score: 0.1,
    passed: true,
  });
});

test.each([
  [{}, /judgement\.score is missing; allowed: a number from 0 to 1/],
  [{ score: 7 }, /judgement\.score is 7; allowed: at most 1/],
  [{ score: "0.9" }, /judgement\.score is "0.9"; allowed: a number/],
  ["good", /judgement is "good"; allowed: an object/],
])("a judge's answer %j is refused", (answer, message) => {
  expect(() => readJudgement(answer, judge)).toThrow(message);
});
