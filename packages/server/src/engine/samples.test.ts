import { createRollout, type Rollout, strategySchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { rememberSamples, samplesSinceStep } from "./samples.ts";

const { rollout } = createRollout(
  {
    id: "rol_1",
    project: "default",
    deployment: "dep_1",
    artifact: "greeter",
    environment: "production",
    from: { revision: 1, version: "1.0.0" },
    to: { revision: 2, version: "1.1.0" },
    strategy: strategySchema.parse({ type: "canary" }),
    requiredApprovals: 0,
    fourEyes: false,
    triggeredBy: "test",
  },
  0,
);

const report = (stable: number, candidate: number) => ({ stable, candidate });

const atStep = (step: number, from: Rollout, samples: ReturnType<typeof report>): Rollout =>
  rememberSamples(from, { ...from, step }, samples);

describe("requests since the current step began", () => {
  test("are all of them in the first step, and none before the guard has reported", () => {
    expect(samplesSinceStep(rollout, report(90, 10))).toEqual({ stable: 90, candidate: 10 });
    expect(samplesSinceStep(rollout, null)).toEqual({ stable: 0, candidate: 0 });
  });

  test("leave out those of the steps before", () => {
    const second = atStep(1, rollout, report(90, 10));
    expect(samplesSinceStep(second, report(100, 30))).toEqual({ stable: 10, candidate: 20 });
    const third = atStep(2, second, report(100, 30));
    expect(samplesSinceStep(third, report(101, 30))).toEqual({ stable: 1, candidate: 0 });
  });

  test("begin at zero when the gateway has begun anew", () => {
    const second = atStep(1, rollout, report(90, 10));
    expect(samplesSinceStep(second, report(5, 1))).toEqual({ stable: 5, candidate: 1 });
  });

  test("keep the rollout as it is while the step stays", () => {
    expect(rememberSamples(rollout, rollout, report(1, 1))).toBe(rollout);
  });
});
