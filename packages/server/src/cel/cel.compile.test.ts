import { SluiceError } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileCel } from "./cel.compile.ts";
import type { CelDeclarations } from "./cel.declarations.ts";

const declarations: CelDeclarations = {
  types: { Evaluation: { metrics: "map<string, double>", sampleCount: "int" } },
  variables: { evaluations: "map<string, Evaluation>", metrics: "map<string, double>" },
};

const compile = (expression: string) => compileCel(expression, declarations, "conditions[0].expression");

test("tells what an expression names, with dots or brackets", () => {
  const { references } = compile(
    'evaluations["a/b"].metrics.score > 0.5 && has(metrics.p95Ms) && evaluations.all(d, evaluations[d].sampleCount > 1)',
  );
  expect(references.map(({ path }) => path.join(" "))).toEqual([
    "evaluations a/b metrics score",
    "metrics p95Ms",
    "evaluations",
    "d",
    "evaluations",
    "d",
  ]);
});

test.each([
  ["metrics.score >", "Unexpected token: EOF at line 1, column 16"],
  ["metrics.score > 0.5 &&\n  scores > 1", "Unknown variable: scores at line 2, column 3; it may name evaluations"],
  ["evaluations.smoke.sampleCont > 5", "No such key: sampleCont at line 1, column 19"],
  ["metrics.score + 1 > 2", "no such overload: double + int"],
  ["metrics.score", "CEL of type bool, such as a comparison; this is of type double"],
  ["now() > 1", "found no matching overload for 'now()' at line 1"],
  [`${"(".repeat(100)}true${")".repeat(100)}`, "CEL that compiles; "],
  [`${"true && ".repeat(600)}true`, "CEL that compiles; "],
])("%s is refused with its place and what is allowed", (expression, allowed) => {
  expect(() => compile(expression)).toThrow(
    expect.objectContaining({
      code: "invalid_argument",
      violations: [{ field: "conditions[0].expression", found: expression, allowed: expect.stringContaining(allowed) }],
    }),
  );
});

test("no text makes it throw anything else", () => {
  const words = fc.constantFrom(
    "metrics",
    ".",
    "score",
    ">",
    "1",
    "(",
    ")",
    "[",
    "]",
    '"',
    "&&",
    "map",
    "x",
    ",",
    "?",
    ":",
    "b'\\xff'",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words, { maxLength: 30 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (expression) => {
      try {
        compile(expression);
      } catch (error) {
        expect(error).toBeInstanceOf(SluiceError);
      }
    }),
    { numRuns: 1_000 },
  );
});
