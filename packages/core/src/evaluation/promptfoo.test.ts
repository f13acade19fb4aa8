import fc from "fast-check";
import { expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { readPromptfoo } from "./promptfoo.ts";

const result = (given: object = {}) => ({
  promptIdx: 0,
  testIdx: 0,
  testCase: { vars: { question: "?" } },
  promptId: "p1",
  provider: { id: "openai:gpt-4.1-mini", label: "" },
  prompt: { raw: "Answer: {{question}}", label: "short" },
  vars: { question: "?" },
  response: { output: "42", tokenUsage: { total: 3 } },
  success: true,
  score: 1,
  latencyMs: 200,
  namedScores: { "Answer relevance": 0.8 },
  cost: 0.002,
  failureReason: 0,
  tokenUsage: { prompt: 10, completion: 5, total: 15 },
  ...given,
});

/** As `promptfoo eval --output results.json` writes it. */
const file = (results: object[], given: object = {}) => ({
  evalId: "eval-abc-2026-09-25T10:00:00",
  results: {
    version: 3,
    timestamp: "2026-09-25T10:00:00.000Z",
    prompts: [{ raw: "Answer: {{question}}", label: "short", provider: "openai:gpt-4.1-mini" }],
    results,
    stats: { successes: 1, failures: 1, errors: 0, tokenUsage: {} },
    ...given,
  },
  config: { description: "Geography, second try" },
  shareableUrl: null,
});

const selection = { artifact: "greeter", version: "1.0.0" };

test("a file of version 3 is one evaluation", () => {
  const failed = result({ success: false, score: 0.25, latencyMs: 400, namedScores: {}, cost: 0.004 });
  expect(readPromptfoo(file([result(), failed]), selection)).toMatchObject({
    artifact: "greeter",
    version: "1.0.0",
    dataset: "Geography-second-try",
    source: "promptfoo",
    sampleCount: 2,
    finishedAt: "2026-09-25T10:00:00.000Z",
    metrics: {
      score: 0.625,
      passRate: 0.5,
      errorRate: 0,
      costUsd: 0.003,
      meanMs: 300,
      Answer_relevance: 0.8,
      promptTokens: 10,
    },
    details: { evalId: "eval-abc-2026-09-25T10:00:00", provider: "openai:gpt-4.1-mini", prompt: "short" },
  });
});

test("summaries of version 2 and 4, and what the library answers without a file around it, are read as well", () => {
  const two = file([result()], { version: 2, table: { head: {}, body: [] }, prompts: undefined });
  expect(readPromptfoo(two, selection)).toMatchObject({ sampleCount: 1 });
  expect(readPromptfoo(file([result()], { version: 4 }), selection)).toMatchObject({ sampleCount: 1 });
  expect(readPromptfoo(file([result()]).results, { ...selection, dataset: "d" })).toMatchObject({ dataset: "d" });
});

test("tests that could not be carried out are errors", () => {
  const broken = result({ success: false, score: 0, failureReason: 2, error: "429", cost: undefined });
  expect(readPromptfoo(file([result(), broken]), selection).metrics).toMatchObject({
    errorRate: 0.5,
    score: 0.5,
    costUsd: 0.002,
  });
});

test.each([
  [file([{ ...result(), score: undefined }]), /results\.results\[0\]\.score is missing; allowed: a number/],
  [file([result(), { ...result(), latencyMs: undefined }]), /results\.results\[1\]\.latencyMs is missing/],
  [file([{ ...result(), provider: undefined }]), /results\.results\[0\]\.provider is missing/],
  [file([result({ score: 1.5 })]), /results\.results\[0\]\.score is 1\.5; allowed: at most 1/],
  [file([]), /results\.results is \[\]; allowed: at least 1/],
  [file([result()], { version: 1 }), /results\.version is 1; allowed: one of 2, 3, 4/],
  [file([result({ namedScores: { pass_rate: 3 } })]), /metrics\.pass_rate is 3; allowed: a number from 0 to 1/],
  [{}, /results is missing/],
  [[], /allowed: an object/],
])("a file that lacks something is refused with its field: %#", (document, message) => {
  expect(() => readPromptfoo(document, selection)).toThrow(message);
});

test("of several providers and prompts one must be chosen", () => {
  const other = { provider: { id: "anthropic:claude", label: "claude" } };
  const many = file([result(), result(other), result({ ...other, prompt: { raw: "x", label: "long" }, score: 0 })]);
  const choose = (choice: object) => readPromptfoo(many, { ...selection, ...choice });
  expect(() => choose({})).toThrow(/provider is missing; allowed: one of "openai:gpt-4.1-mini", "anthropic:claude"/);
  expect(() => choose({ provider: "nobody" })).toThrow(/provider is "nobody"/);
  expect(() => choose({ provider: "claude" })).toThrow(
    /prompt is missing; allowed: one of "short", "long", or a number from 0 to 1/,
  );
  expect(choose({ provider: "claude", prompt: "long" }).metrics.score).toBe(0);
  expect(choose({ provider: "claude", prompt: "0" }).metrics.score).toBe(1);
  expect(() => choose({ provider: "openai:gpt-4.1-mini", prompt: "long" })).toThrow(/a prompt that provider/);
});

test("any document is read or refused, never worse", () => {
  const field = fc.oneof(fc.jsonValue(), fc.constantFrom(0, 1, "a", true, null));
  const shaped = fc
    .array(
      fc.record({
        provider: field,
        prompt: field,
        success: field,
        score: field,
        latencyMs: field,
        namedScores: fc.dictionary(fc.string(), fc.double()),
      }),
    )
    .map((results) => file(results.map((given) => result(given))));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), shaped), (document) => {
      try {
        expect(readPromptfoo(document, selection).sampleCount).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(SluiceError);
      }
    }),
  );
});
