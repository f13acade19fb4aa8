import { createRollout, type StrategyInput, strategySchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { trafficOf } from "./traffic.ts";

const ALONE = { many: 1, known: null };

const rollout = (strategy: StrategyInput, mirrored: boolean) => {
  const created = createRollout(
    {
      id: "rol_1",
      project: "default",
      deployment: "dep_1",
      artifact: "greeter",
      environment: "production",
      from: { revision: 1, version: "1.0.0" },
      to: { revision: 2, version: "1.1.0" },
      strategy: strategySchema.parse(strategy),
      requiredApprovals: 0,
      fourEyes: false,
      triggeredBy: "test",
    },
    0,
  ).rollout;
  const desired = { ...created.desired, mirror: mirrored ? { revision: 2, weight: 10_000 } : null };
  return { ...created, desired };
};

describe("what a rollout wants of its route", () => {
  test("is a guard whose part of α is shared among the gateways that there are when it begins, whatever comes", () => {
    const canary = rollout({ type: "canary", steps: [{ setWeight: 20 }] }, false);
    const guarded = { ...canary, desired: { ...canary.desired, guard: canary.id } };
    const begun = trafficOf(guarded, { many: 4, known: null }).guard;
    expect(begun?.alpha).toBeCloseTo((trafficOf(guarded, ALONE).guard?.alpha ?? 0) / 4, 12);
    expect(trafficOf(guarded, { many: 2, known: begun }).guard).toEqual(begun);
    const other = begun === null ? null : { ...begun, hypothesis: "rol_0" };
    expect(trafficOf(guarded, { many: 1, known: other }).guard?.alpha).toBe(trafficOf(guarded, ALONE).guard?.alpha);
  });

  test("is a comparison as its shadow asks for one, while there is a mirror", () => {
    const strategy: StrategyInput = { type: "shadow", compare: { bodies: "json", ignore: ["/id"] } };
    expect(trafficOf(rollout(strategy, true), ALONE).compare).toEqual({
      hypothesis: "rol_1",
      bodies: "json",
      ignore: ["/id"],
    });
    expect(trafficOf(rollout(strategy, false), ALONE).compare).toBeNull();
  });

  test("is a comparison of status and latency when a canary mirrors", () => {
    const steps = [{ mirror: { percentage: 100 } }, { analyze: { seconds: 1 } }];
    expect(trafficOf(rollout({ type: "canary", steps }, true), ALONE).compare).toMatchObject({ bodies: "none" });
  });
});
