import type { Gate } from "@sluice/client";
import { expect, test } from "vitest";
import { asked, waits, wanted } from "./gates.ts";

const wantedOf = (condition: object): string => wanted(condition as Gate["conditions"][number]);

test("a condition says what it wants, with the unit of its metric", () => {
  expect(
    [
      { type: "eval_score", metric: "accuracy", dataset: "smoke", operator: "gte", threshold: 0.9 },
      { type: "latency", metric: "p95Ms", dataset: "smoke", operator: "lte", threshold: 800 },
      { type: "latency", metric: "p95Ms", source: "tests", operator: "lt", threshold: 1_500 },
      { type: "cost", metric: "costUsd", dataset: "smoke", operator: "lte", threshold: 0.02 },
      { type: "custom", expression: "evaluations.smoke.sampleCount >= 100" },
      { type: "custom", webhook: { url: "https://gates.example/ask" } },
    ].map(wantedOf),
  ).toEqual([
    "accuracy on smoke ≥ 0.9",
    "p95 on smoke ≤ 800 ms",
    "p95 in tests of the candidate < 1.5 s",
    "cost on smoke ≤ $0.02",
    "evaluations.smoke.sampleCount >= 100",
    "an answer of https://gates.example/ask",
  ]);
});

test("a gate says whom it is asked of", () => {
  expect(asked({ artifact: "greeter", environment: "production", kind: null })).toBe("Asked of greeter in production");
  expect(asked({ artifact: null, environment: null, kind: "model" })).toBe(
    "Asked of every artifact of kind model in every environment",
  );
  expect(asked({ artifact: null, environment: null, kind: null })).toBe("Asked of everything in every environment");
});

test("a gate says how long it waits", () => {
  expect([{ waitSeconds: 3_600 }, { waitSeconds: 0 }, {}].map(waits)).toEqual([
    "waits 1 h for figures",
    "does not wait for figures",
    "does not wait for figures",
  ]);
});
