import fc from "fast-check";
import { expect, test } from "vitest";
import { violationsOf } from "../validate.ts";
import { conditionName, gateSchema } from "./gate.schema.ts";

const eval_score = { type: "eval_score", dataset: "smoke", threshold: 0.9 };

test("a gate needs its conditions alone; the rest has defaults", () => {
  const conditions = [
    eval_score,
    { type: "latency", dataset: "smoke", threshold: 800 },
    { type: "latency", source: "tests", threshold: 500 },
    { type: "cost", dataset: "smoke", threshold: 0.02 },
    { type: "custom", expression: "metrics.score > 0.5" },
    { type: "custom", webhook: { url: "https://checks.example/gate?token=secret" } },
  ];
  const spec = gateSchema.parse({ conditions });
  expect(spec).toMatchObject({ artifact: null, environment: null, kind: null, required: true, waitSeconds: 3_600 });
  expect(spec.conditions).toMatchObject([
    { metric: "score", operator: "gte", required: true },
    { metric: "p95Ms", operator: "lte", source: "evaluation" },
    { metric: "p95Ms", source: "tests" },
    { metric: "costUsd", operator: "lte" },
    {},
    { webhook: { timeoutSeconds: 10, headers: {} } },
  ]);
  expect(spec.conditions.map(conditionName)).toEqual([
    "score on smoke",
    "p95Ms on smoke",
    "p95Ms of tests",
    "costUsd on smoke",
    "metrics.score > 0.5",
    "webhook checks.example",
  ]);
});

test.each<[object, string]>([
  [{ ...eval_score, threshold: 90 }, "conditions[0].threshold"],
  [{ ...eval_score, threshold: Number.NaN }, "conditions[0].threshold"],
  [{ ...eval_score, operator: ">=" }, "conditions[0].operator"],
  [{ ...eval_score, metric: "my metric" }, "conditions[0].metric"],
  [{ type: "eval_score", threshold: 0.9 }, "conditions[0].dataset"],
  [{ type: "latency", threshold: 5 }, "conditions[0].dataset"],
  [{ type: "latency", source: "tests", dataset: "smoke", threshold: 5 }, "conditions[0].dataset"],
  [{ type: "cost", dataset: "smoke", threshold: -1 }, "conditions[0].threshold"],
  [{ type: "custom" }, "conditions[0].expression"],
  [{ type: "custom", expression: "true", webhook: { url: "https://x.example" } }, "conditions[0].expression"],
  [{ type: "custom", webhook: { url: "file:///etc/passwd" } }, "conditions[0].webhook.url"],
  [{ type: "custom", webhook: { url: "https://ada:secret@x.example" } }, "conditions[0].webhook.url"],
  [
    { type: "custom", webhook: { url: "https://x.example", headers: { a: "b\r\nc: d" } } },
    "conditions[0].webhook.headers.a",
  ],
  [{ type: "vibes" }, "conditions[0].type"],
])("%j is refused by the name of its field, with what is allowed", (condition, field) => {
  const parsed = gateSchema.safeParse({ conditions: [condition] });
  const violations = parsed.success ? [] : violationsOf(parsed.error.issues, { conditions: [condition] });
  expect(violations).toContainEqual({
    field,
    found: violations[0]?.found,
    allowed: expect.stringMatching(/\w/),
  });
});

test("two conditions of one name are refused: a result must say which it is", () => {
  expect(gateSchema.safeParse({ conditions: [eval_score, eval_score] }).success).toBe(false);
  expect(gateSchema.safeParse({ conditions: [eval_score, { ...eval_score, name: "again" }] }).success).toBe(true);
});

test("nothing that anybody sends makes it throw, and what it accepts it accepts again unchanged", () => {
  const good = [
    eval_score,
    { type: "latency", source: "tests", threshold: 500, name: "fast" },
    { type: "cost", dataset: "smoke", threshold: 0.02, metric: "totalUsd" },
    { type: "custom", expression: "true", required: false },
    { type: "custom", webhook: { url: "https://checks.example", headers: { a: "b" }, timeoutSeconds: 1 } },
  ];
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.constantFrom("smoke", 0.5, "gt"),
  );
  const fields = ["type", "name", "required", "metric", "dataset", "operator", "threshold", "source", "expression"];
  const near = fc
    .tuple(fc.constantFrom(...good), fc.constantFrom(...fields, "webhook", "__proto__"), value)
    .map(([condition, field, other]) => ({ ...condition, [field]: other }));
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ conditions: fc.array(near, { maxLength: 2 }) }) },
        fc.jsonValue({ depthSize: "medium" }),
      ),
      (value) => {
        const parsed = gateSchema.safeParse(value);
        if (!parsed.success) {
          for (const { allowed } of violationsOf(parsed.error.issues, value)) expect(allowed).not.toBe("");
          return;
        }
        accepted += 1;
        expect(gateSchema.parse(JSON.parse(JSON.stringify(parsed.data)))).toEqual(parsed.data);
      },
    ),
    { numRuns: 2_000 },
  );
  expect(accepted).toBeGreaterThan(5);
});
