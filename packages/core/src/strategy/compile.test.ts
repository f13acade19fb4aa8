import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { ab, blueGreen, canary, gradual, immediate, shadow } from "../rollout/testing/fixtures.ts";
import { compileSteps, PREVIEW_SECONDS } from "./compile.ts";
import type { StepInput, Strategy } from "./strategy.types.ts";

const withSteps = (steps: StepInput[]): Strategy => ({ ...canary, steps });

function refusal(strategy: Strategy): SluiceError {
  try {
    compileSteps(strategy);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it compiled");
}

describe("every strategy compiles to steps", () => {
  test("immediate is one switch", () => {
    expect(compileSteps(immediate)).toEqual([{ type: "switch" }]);
  });

  test("gradual raises the weight by one increment after every interval, up to all", () => {
    expect(compileSteps(gradual)).toEqual([
      { type: "setWeight", weight: 2_000 },
      { type: "wait", seconds: 30 },
      { type: "setWeight", weight: 6_000 },
      { type: "wait", seconds: 30 },
      { type: "setWeight", weight: 10_000 },
    ]);
  });

  test("canary bakes at its initial weight and at 25 %", () => {
    expect(compileSteps(canary)).toEqual([
      { type: "setWeight", weight: 500 },
      { type: "analyze", seconds: 60 },
      { type: "setWeight", weight: 2_500 },
      { type: "analyze", seconds: 60 },
      { type: "setWeight", weight: 10_000 },
    ]);
  });

  test("a canary that begins above 25 % goes straight on, and one of 0.25 % is a canary", () => {
    expect(compileSteps({ ...canary, initialPercentage: 50 }).map((step) => step.type)).toEqual([
      "setWeight",
      "analyze",
      "setWeight",
    ]);
    expect(compileSteps({ ...canary, initialPercentage: 0.25 })[0]).toEqual({ type: "setWeight", weight: 25 });
  });

  test("blue-green shows the candidate by a header before it switches", () => {
    expect(compileSteps(blueGreen)).toEqual([
      { type: "scale", percentage: 100 },
      { type: "match", headers: { "x-sluice-preview": "true" }, cookies: {} },
      { type: "wait", seconds: PREVIEW_SECONDS },
      { type: "switch" },
    ]);
  });

  test("a shadow never gets weight", () => {
    expect(compileSteps(shadow)).toEqual([
      { type: "mirror", weight: 10_000 },
      { type: "analyze", seconds: 30 },
      { type: "mirror", weight: 0 },
    ]);
  });

  test("an A/B test ends with stable, or with the winner when it may promote", () => {
    expect(compileSteps(ab).at(-1)).toEqual({ type: "setWeight", weight: 0 });
    expect(compileSteps({ ...ab, promoteWinner: true }).at(-1)).toEqual({ type: "switch" });
    expect(compileSteps({ ...ab, match: { header: { "X-Group": "b" } } })[0]).toEqual({
      type: "match",
      headers: { "x-group": "b" },
      cookies: {},
    });
  });
});

test("a holdback of everything is refused: the candidate must serve", () => {
  expect(refusal({ ...canary, holdbackPercentage: 100 }).violations[0]?.field).toBe("strategy.holdbackPercentage");
});

describe("the user's own steps", () => {
  test("carry how many people must approve and until when, and the region that is matched", () => {
    const steps: StepInput[] = [
      { wait: { approval: true, approvals: 2, expiresSeconds: 600 } },
      { match: { region: "eu", header: { "X-Beta": "1" } } },
      { match: { region: "eu" } },
      { switch: true },
    ];
    expect(compileSteps(withSteps(steps))).toEqual([
      { type: "wait", approval: true, approvals: 2, expiresSeconds: 600 },
      { type: "match", headers: { "x-beta": "1" }, cookies: {}, region: "eu" },
      { type: "match", headers: {}, cookies: {}, region: "eu" },
      { type: "switch" },
    ]);
  });

  test("are kept as written, and end at 100 % even when the user forgot", () => {
    const steps: StepInput[] = [
      { setWeight: 5 },
      { wait: { approval: true } },
      { hook: { url: "http://hook" } },
      { setWeight: 50 },
    ];
    expect(compileSteps(withSteps(steps))).toEqual([
      { type: "setWeight", weight: 500 },
      { type: "wait", approval: true },
      { type: "hook", url: "http://hook", timeoutSeconds: 30 },
      { type: "setWeight", weight: 5_000 },
      { type: "switch" },
    ]);
    expect(compileSteps(withSteps([{ setWeight: 100 }]))).toEqual([{ type: "setWeight", weight: 10_000 }]);
  });

  test.each<[string, StepInput[], string]>([
    ["a weight that falls", [{ setWeight: 50 }, { setWeight: 20 }], "strategy.steps[1].setWeight"],
    ["a weight over 100", [{ setWeight: 101 }], "strategy.steps[0].setWeight"],
    ["a negative weight", [{ setWeight: -1 }], "strategy.steps[0].setWeight"],
    ["a weight of nothing", [{ setWeight: 0 }], "strategy.steps[0].setWeight"],
    ["a weight with three decimals", [{ setWeight: 0.125 }], "strategy.steps[0].setWeight"],
    ["a switch after a switch", [{ switch: true }, { switch: true }], "strategy.steps[1].switch"],
    ["a negative wait", [{ wait: { seconds: -5 } }], "strategy.steps[0].wait.seconds"],
    ["half a second of analysis", [{ analyze: { seconds: 0.5 } }], "strategy.steps[0].analyze.seconds"],
    // edge case 18
    ["a scale to nothing", [{ scale: { percentage: 0 } }], "strategy.steps[0].scale.percentage"],
    ["a match of nothing", [{ match: {} }], "strategy.steps[0].match"],
    ["nobody's approval", [{ wait: { approval: true, approvals: 0 } }], "strategy.steps[0].wait.approvals"],
    ["half a person", [{ wait: { approval: true, approvals: 1.5 } }], "strategy.steps[0].wait.approvals"],
    [
      "an approval in no time",
      [{ wait: { approval: true, expiresSeconds: 0 } }],
      "strategy.steps[0].wait.expiresSeconds",
    ],
    ["no steps at all", [], "strategy.steps"],
  ])("%s is refused, naming the field", (_, steps, field) => {
    const error = refusal(withSteps(steps));
    expect(error.code).toBe("invalid_argument");
    expect(error.violations.map((violation) => violation.field)).toEqual([field]);
  });

  test("an increment of zero would never end, and is refused", () => {
    expect(refusal({ ...gradual, increment: 0 }).violations[0]?.field).toBe("strategy.increment");
  });
});
