import { createRollout, type Phase, type Rollout, strategySchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { gatesFact, testsFact } from "./activity.facts.ts";

const tests = { securityTest: true };
const rollout = (phase: Phase, strategy: object = { tests }): Rollout => {
  const request = {
    ...{ id: "rol_1", project: "default", deployment: "dep_1", artifact: "greeter", environment: "production" },
    ...{
      from: null,
      to: { revision: 1, version: "1.0.0" },
      requiredApprovals: 0,
      fourEyes: false,
      triggeredBy: "dora",
    },
    strategy: strategySchema.parse({ type: "canary", ...strategy }),
  };
  return { ...createRollout(request, 0).rollout, phase };
};

describe("before a phase is reached, nothing is known of what it will find", () => {
  test.each(["validating", "preparing"] as const)("in %s no test has passed", (phase) => {
    expect(testsFact(rollout(phase), { activity: null })).toBeNull();
    expect(testsFact(rollout(phase, {}), { activity: null })).toEqual([]);
  });

  test.each(["validating", "awaiting_approval"] as const)("in %s no gate has passed", (phase) => {
    expect(gatesFact(rollout(phase), { activity: null, gated: true })).toBeNull();
    expect(gatesFact(rollout(phase), { activity: null, gated: false })).toEqual([]);
  });
});
