import { describe, expect, test } from "vitest";
import { newStep, wordsOf } from "./step.ts";
import { STRATEGY_TYPES, stepsOf, strategyOf, USUAL, withType } from "./strategy.ts";
import { NO_TESTS } from "./tests.ts";
import type { StrategyType } from "./types.ts";

const of = (type: StrategyType) => withType(USUAL, type);
const words = (draft: typeof USUAL, usual: StrategyType = "immediate") => {
  const found = stepsOf(draft, usual);
  return "steps" in found ? found.steps.map(wordsOf) : found.problem;
};

describe("a strategy as it is written", () => {
  test("says nothing while the environment's usual one is meant, and shows that one", () => {
    expect(strategyOf(USUAL)).toBeUndefined();
    expect(words(USUAL, "immediate")).toEqual(["all callers to the candidate"]);
    expect(words(USUAL, "canary")[0]).toBe("5 % of the callers");
  });

  test.each(STRATEGY_TYPES)("%s comes to steps as it is offered", (type) => {
    expect(stepsOf(of(type), "immediate")).toHaveProperty("steps");
    expect(strategyOf(of(type))).toMatchObject({ type });
  });

  test("says only what the API would not take anyway", () => {
    expect(strategyOf(of("immediate"))).toEqual({ type: "immediate" });
    expect(strategyOf({ ...of("blue-green"), previewRoute: "/next", monitoringSeconds: "60" })).toEqual({
      type: "blue-green",
      previewRoute: "/next",
      monitoringSeconds: 60,
    });
  });

  test("of a canary with steps of its own says these, and no percentage", () => {
    const steps = [newStep("setWeight", { amount: "5" }), newStep("approval"), newStep("switch")];
    expect(strategyOf({ ...of("canary"), steps })).toEqual({
      type: "canary",
      steps: [{ setWeight: 5 }, { wait: { approval: true, approvals: 1 } }, { switch: true }],
    });
  });

  test("of an A/B test tells callers by a header where one is named", () => {
    expect(strategyOf({ ...of("ab"), matchBy: "header" as const })).toEqual({
      type: "ab",
      match: { header: { "x-group": "b" } },
      durationSeconds: 86_400,
    });
  });

  test("carries bounds as shares, and tests with what they ask for", () => {
    const draft = of("canary");
    const judging = { ...draft.judging, errorIncrease: "7", latency: false, falseRollbacks: "0.5" };
    const tests = { ...NO_TESTS, load: true, users: "10" };
    expect(strategyOf({ ...draft, judging, tests })).toMatchObject({
      analysis: { falseRollbackRate: 0.005, metrics: [{ name: "error_rate", maxIncrease: 0.07 }] },
      tests: { loadTest: true, concurrentUsers: 10, request: { path: "/" } },
    });
  });

  test("that cannot be says why in the words of the server", () => {
    const falling = ["50", "20"].map((amount) => newStep("setWeight", { amount }));
    expect(words({ ...of("canary"), steps: falling })).toContain("strategy.steps[1].setWeight");
    expect(words({ ...of("gradual"), increment: "" })).toContain("strategy.increment");
    expect(words({ ...of("canary"), steps: [] })).toContain("at least one step");
  });
});
