import { type GuardConfig, splitBetween } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { BIN } from "./counts.ts";
import { type ArmsCounts, PromptGuard, type Terms } from "./prompt.guard.ts";

const config: GuardConfig = {
  hypothesis: "rol_1",
  stable: 1,
  candidate: 2,
  alpha: 0.004,
  metrics: [{ name: "error_rate", share: 1 }],
  closes: true,
};

const terms = (weight: number): Terms => ({ split: splitBetween(1, 2, weight), pins: [] });

/** Cumulative: so many good and bad answers of each arm. */
const counts = (stable: [good: number, bad: number], candidate: [good: number, bad: number]): ArmsCounts => ({
  stable: arm(stable),
  candidate: arm(candidate),
});
const arm = ([good, bad]: [number, number]) =>
  new Map([
    [BIN.untimed, good],
    [BIN.error, bad],
  ]);

const NONE = counts([0, 0], [0, 0]);

describe("the guard of a prompt", () => {
  test("closes on a version whose answers fail, and says what was seen", () => {
    const guard = PromptGuard.begin(config, terms(5_000), NONE, 1);
    for (let round = 1; round <= 20; round += 1) {
      guard.look(counts([10 * round, 0], [5 * round, 5 * round]), terms(5_000), round);
    }
    expect(guard.report().closed?.reason).toMatch(/^error rate: \d+ of \d+ requests failed on revision 2 against 0 of/);
  });

  test("leaves one alone that fails as seldom as stable does", () => {
    const guard = PromptGuard.begin(config, terms(5_000), NONE, 1);
    for (let round = 1; round <= 50; round += 1) {
      guard.look(counts([9 * round, round], [9 * round, round]), terms(5_000), round);
    }
    expect(guard.report()).toMatchObject({ closed: null, samples: { stable: 500, candidate: 500 } });
  });

  test("takes what was reported before the rollout for no evidence", () => {
    const before = counts([100, 0], [0, 100]);
    const guard = PromptGuard.begin(config, terms(5_000), before, 1);
    expect(guard.look(before, terms(5_000), 2)).toBe(false);
    expect(guard.report()).toMatchObject({ closed: null, samples: { stable: 0, candidate: 0 } });
  });

  test("goes on after a restart with what was reported meanwhile: nothing is lost or judged twice", () => {
    const whole = PromptGuard.begin(config, terms(5_000), NONE, 1);
    whole.look(counts([10, 1], [10, 0]), terms(5_000), 2);
    const state: unknown = JSON.parse(JSON.stringify(whole.state()));
    const resumed = PromptGuard.resume(config, terms(5_000), state as ReturnType<typeof whole.state>, 3);
    for (const guard of [whole, resumed]) guard.look(counts([30, 2], [25, 3]), terms(5_000), 4);
    expect(resumed.report()).toEqual(whole.report());
    expect(resumed.counts()).toEqual(whole.counts());
    expect(resumed.counts()).toMatchObject({
      stable: { requests: 32, errors: 2 },
      candidate: { requests: 28, errors: 3 },
    });
  });

  test("counts each period on its own, and all of them for the rollout", () => {
    const guard = PromptGuard.begin(config, terms(1_000), NONE, 1);
    guard.look(counts([9, 0], [1, 0]), terms(1_000), 2);
    const first = guard.counts();
    expect(guard.look(counts([9, 0], [1, 0]), terms(5_000), 3)).toBe(true);
    expect(guard.counts()).toBeNull();
    guard.look(counts([10, 0], [3, 0]), terms(5_000), 4);
    const second = guard.counts();
    expect([first?.weight, second?.weight]).toEqual([1_000, 5_000]);
    expect(second?.period).toBeGreaterThan(first?.period ?? Number.MAX_VALUE);
    expect(second).toMatchObject({ stable: { requests: 1 }, candidate: { requests: 2 } });
    expect(guard.report().samples).toEqual({ stable: 10, candidate: 3 });
  });
});
