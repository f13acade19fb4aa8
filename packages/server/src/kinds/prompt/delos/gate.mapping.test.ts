import { describe, expect, test } from "vitest";
import { conditionView, gateNameOf, toGateSpec } from "./gate.mapping.ts";
import type { DelosCondition } from "./request.schema.ts";

const spec = (...conditions: DelosCondition[]) =>
  toGateSpec({ name: "Prod Gate", prompt_id: "prompt-abc123", required: true, conditions });

describe("a gate as a call describes it", () => {
  test("has a metric and an operator of its own for each type, where the call names none", () => {
    const given: DelosCondition[] = [
      { type: "eval_score", threshold: 0.9, dataset_id: "golden-set" },
      { type: "latency", threshold: 500 },
      { type: "cost", threshold: 0.02, operator: "eq" },
    ];
    expect(spec(...given).conditions.map(conditionView)).toEqual([
      { type: "eval_score", operator: "gte", threshold: 0.9, metric: "score", dataset_id: "golden-set" },
      { type: "latency", operator: "lte", threshold: 500, metric: "meanMs", dataset_id: "golden-set" },
      { type: "cost", operator: "eq", threshold: 0.02, metric: "costUsd", dataset_id: "golden-set" },
    ]);
  });

  test("asks an address, or an expression, for a custom condition", () => {
    const webhook: DelosCondition = { type: "custom", webhook_url: "https://judge.internal/ask" };
    const expression: DelosCondition = { type: "custom", expression: "evaluations.smoke.sampleCount >= 100" };
    expect(spec(webhook, expression).conditions.map(conditionView)).toEqual([
      { type: "custom", expression: "", webhook_url: "https://judge.internal/ask" },
      { type: "custom", expression: "evaluations.smoke.sampleCount >= 100", webhook_url: "" },
    ]);
    expect(() => spec({ type: "custom", webhook_url: "https://a.b", expression: "true" })).toThrow(
      "exactly one of them",
    );
    expect(() => spec({ type: "custom", webhook_url: "https://a.b", threshold: 1 })).toThrow("conditions[0].threshold");
  });

  test("may ask one figure twice: conditions are told apart", () => {
    const between: DelosCondition[] = [
      { type: "eval_score", operator: "gte", threshold: 0.5, dataset_id: "golden-set" },
      { type: "eval_score", operator: "lte", threshold: 0.9, dataset_id: "golden-set" },
    ];
    expect(spec(...between).conditions).toHaveLength(2);
  });

  test("does not guess a dataset where the others name several", () => {
    const datasets: DelosCondition[] = [
      { type: "eval_score", threshold: 0.5, dataset_id: "one" },
      { type: "eval_score", threshold: 0.9, dataset_id: "two" },
      { type: "latency", threshold: 500 },
    ];
    expect(() => spec(...datasets)).toThrow("conditions[2].dataset_id is missing");
  });

  test("is of prompts, in every environment unless it names one", () => {
    const condition: DelosCondition = { type: "eval_score", threshold: 0.9, dataset_id: "golden-set" };
    expect(spec(condition)).toMatchObject({
      artifact: "prompt-abc123",
      environment: null,
      kind: "prompt",
      required: true,
    });
  });
});

test("a gate's own name is made of the prompt's and of the given one, and is never too long", () => {
  expect(gateNameOf({ name: "Production Quality Gate", prompt_id: "prompt-123" })).toBe(
    "prompt-123-production-quality-gate",
  );
  const long = gateNameOf({ name: `${"very ".repeat(20)}long`, prompt_id: "p" });
  expect(long.length).toBeLessThanOrEqual(63);
  expect(long).toMatch(/^[a-z0-9-]*[a-z0-9]$/);
  expect(() => gateNameOf({ name: "!!!", prompt_id: "p" })).toThrow("name is");
});
