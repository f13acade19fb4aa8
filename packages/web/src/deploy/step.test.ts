import { compileSteps } from "@sluice/core/strategy";
import { describe, expect, test } from "vitest";
import { draftsOf, moved, newStep, STEP_TYPES, stepInput, wordsOf } from "./step.ts";

describe("steps of one's own", () => {
  test("are taken as they are offered, of every type", () => {
    const steps = STEP_TYPES.map((type) =>
      stepInput(newStep(type, type === "hook" ? { name: "https://example.com" } : {})),
    );
    const compiled = compileSteps({
      type: "canary",
      initialPercentage: 5,
      bakeSeconds: 0,
      holdbackPercentage: 0,
      steps: steps.map((step) => ({ ...step })),
    });
    expect(compiled).toHaveLength(STEP_TYPES.length);
    expect(draftsOf(compiled).map(stepInput)).toEqual(steps);
  });

  test("go up and down, and no further than the ends", () => {
    const steps = ["5", "25", "50"].map((amount) => newStep("setWeight", { amount }));
    const amounts = (list: readonly { amount: string }[]) => list.map(({ amount }) => amount);
    expect(amounts(moved(steps, 0, 1))).toEqual(["25", "5", "50"]);
    expect(amounts(moved(steps, 2, -1))).toEqual(["5", "50", "25"]);
    expect(moved(steps, 0, -1)).toBe(steps);
    expect(moved(steps, 2, 1)).toBe(steps);
  });

  test("wait for so many people, and until when", () => {
    expect(stepInput(newStep("approval", { amount: "2", value: "600" }))).toEqual({
      wait: { approval: true, approvals: 2, expiresSeconds: 600 },
    });
    expect(stepInput(newStep("approval"))).toEqual({ wait: { approval: true, approvals: 1 } });
  });

  test("say in words what happens", () => {
    expect(
      [
        { type: "setWeight", weight: 25 } as const,
        { type: "wait", approval: true, approvals: 2 } as const,
        { type: "match", headers: { "x-beta": "1" }, cookies: { group: "b" } } as const,
        { type: "mirror", weight: 0 } as const,
      ].map(wordsOf),
    ).toEqual([
      "0.25 % of the callers",
      "wait for 2 approvals",
      "callers with x-beta: 1 and cookie group=b",
      "no more copies",
    ]);
  });
});
