import { describe, expect, test } from "vitest";
import type { Rollout } from "../rollout/rollout.ts";
import { canary, newRollout, TESTS } from "../rollout/testing/fixtures.ts";
import { memberStrategy } from "./member.strategy.ts";

const asks = { ...canary, tests: TESTS, steps: [{ setWeight: 5 }, { wait: { approval: true as const } }] };
const waves = {
  waves: [
    { targets: ["eu"], bakeSeconds: 100, maxParallel: null },
    { targets: ["us"], bakeSeconds: 0, maxParallel: null },
  ],
  onFailure: "rollback" as const,
};
const whole = (changes: Partial<Rollout> = {}): Rollout => ({ ...newRollout({ strategy: asks, waves }), ...changes });

describe("the strategy at one of several targets", () => {
  test("is the one that was asked for, with its tests and questions, in the first wave", () => {
    expect(memberStrategy(whole(), "eu")).toMatchObject({ type: "canary", tests: TESTS, steps: asks.steps });
  });

  test("asks nobody and tests nothing again in later waves", () => {
    expect(memberStrategy(whole(), "us")).toMatchObject({ type: "canary", tests: null, steps: [{ setWeight: 5 }] });
  });

  test("keeps the old revision warm until the last wave is to be over", () => {
    // 60 s as asked, 100 s of bake, and the 30 s of monitoring that the second wave takes at least.
    expect(memberStrategy(whole(), "eu").keepStableSeconds).toBe(190);
    expect(memberStrategy(whole(), "us").keepStableSeconds).toBe(60);
  });

  test("is a switch once a person has promoted the whole", () => {
    expect(memberStrategy(whole({ promotedAt: 1 }), "us")).toMatchObject({ type: "immediate", monitoringSeconds: 0 });
  });
});
