import { describe, expect, test } from "vitest";
import { environmentSchema } from "../environment/environment.schema.ts";
import { SluiceError } from "../errors.ts";
import { canary, immediate } from "../rollout/testing/fixtures.ts";
import { assertWaves, together, wavePlanOf, waveSteps, wavesOf } from "./waves.ts";

const process = (name: string) => ({ type: "process" as const, name });
const environment = (more: object = {}) =>
  environmentSchema.parse({ targets: ["eu", "us", "asia"].map(process), ...more });

const refusal = (targets: object[], waves: object[] | null = null): { field: string; allowed: string } | undefined => {
  try {
    assertWaves(environmentSchema.parse({ targets, waves }));
  } catch (error) {
    return error instanceof SluiceError ? error.violations[0] : undefined;
  }
  return undefined;
};

describe("the waves of an environment", () => {
  test("are its targets one after the other where it says nothing", () => {
    expect(wavesOf(environment()).map(({ targets }) => targets)).toEqual([["eu"], ["us"], ["asia"]]);
  });

  test("stop or turn back as it says, else as the strategy does", () => {
    expect(wavePlanOf(environment(), immediate).onFailure).toBe("rollback");
    expect(wavePlanOf(environment(), { ...immediate, autoRollback: false }).onFailure).toBe("stop");
    expect(wavePlanOf(environment({ onWaveFailure: "stop" }), immediate).onFailure).toBe("stop");
  });

  test("are one on the way back, which is not taken back itself", () => {
    const { waves, onFailure } = together(wavePlanOf(environment(), immediate));
    expect([waves, onFailure]).toEqual([
      [{ targets: ["eu", "us", "asia"], bakeSeconds: 0, maxParallel: null }],
      "stop",
    ]);
  });

  test("compile to a step each, with a wait where they bake and the least time by plan", () => {
    const waves = [
      { targets: ["eu"], bakeSeconds: 60 },
      { targets: ["us", "asia"], maxParallel: 1 },
    ];
    const steps = waveSteps(wavePlanOf(environment({ waves }), canary), canary, false);
    // Two analyses of 60 s and 30 s of monitoring at each target.
    expect(steps).toEqual([
      { type: "wave", targets: ["eu"], maxParallel: 1, seconds: 150 },
      { type: "wait", seconds: 60 },
      { type: "wave", targets: ["us", "asia"], maxParallel: 1, seconds: 300 },
    ]);
  });

  test("hold every target once", () => {
    const targets = ["eu", "us"].map(process);
    expect(refusal(targets, [{ targets: ["eu", "us"] }])).toBeUndefined();
    expect(refusal(targets, [{ targets: ["eu"] }])?.allowed).toContain("us is in none");
    expect(refusal(targets, [{ targets: ["eu", "us", "us"] }])?.field).toBe("waves[0].targets[2]");
    expect(refusal(targets, [{ targets: ["mars"] }])?.allowed).toBe("a target of this environment: eu, us");
  });

  // edge case 44
  test("do not reach one namespace of one cluster under two names", () => {
    const cluster = (name: string, more: object = {}) => ({ type: "kubernetes", name, ...more });
    expect(refusal([cluster("a"), cluster("b")])?.field).toBe("targets[1]");
    expect(refusal([cluster("a"), cluster("b", { namespace: "other" })])).toBeUndefined();
    expect(refusal([cluster("a", { context: "x" }), cluster("b", { context: "y" })])).toBeUndefined();
  });
});
