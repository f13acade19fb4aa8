import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EndedRollout, insightOf } from "./insight.ts";

const HOUR = 3_600_000;
const TO = Date.parse("2026-11-22T12:00:00Z");
const WINDOW = { from: TO - 7 * 24 * HOUR, to: TO, days: 7, timezone: "UTC" };

const ended = (more: Partial<EndedRollout> = {}): EndedRollout => ({
  outcome: "completed",
  isProduction: true,
  isReturn: false,
  hadTraffic: true,
  endedAt: TO - HOUR,
  completedAt: TO - HOUR,
  versionCreatedAt: TO - 3 * HOUR,
  isRepeated: false,
  harmAt: null,
  restoredAt: null,
  ...more,
});
const turnedBack = (more: Partial<EndedRollout> = {}): EndedRollout =>
  ended({ outcome: "rolled_back", completedAt: null, harmAt: TO - 2 * HOUR, restoredAt: TO - HOUR, ...more });

const measures = (rollouts: readonly EndedRollout[]) => {
  const { byDay: _, ...rest } = insightOf(rollouts, WINDOW);
  return rest;
};

test("where nothing ended, every measure but the frequency has nothing to say", () => {
  expect(measures([])).toEqual({
    ...{ completed: 0, perDay: 0, changes: 0, failures: 0, failureRate: null },
    leadTime: { seconds: null, count: 0 },
    timeToRestore: { seconds: null, count: 0 },
  });
});

describe("frequency and lead time", () => {
  test("of rollouts to production that completed, rolled back later or not", () => {
    const later = turnedBack({ completedAt: TO - 4 * HOUR, versionCreatedAt: TO - 10 * HOUR });
    expect(measures([ended(), later])).toMatchObject({
      completed: 2,
      perDay: 2 / 7,
      leadTime: { seconds: (2 * 3_600 + 6 * 3_600) / 2, count: 2 },
    });
  });

  test("what was completed before the window and rolled back within it is no delivery of the window", () => {
    const before = turnedBack({ completedAt: WINDOW.from - HOUR });
    expect(measures([before])).toMatchObject({ completed: 0, leadTime: { count: 0 }, failures: 1 });
  });

  test("another configuration of the same version is a delivery, and says nothing of its lead time", () => {
    expect(measures([ended({ isRepeated: true })])).toMatchObject({ completed: 1, leadTime: { count: 0 } });
  });

  test("neither rollbacks nor what is outside of production count", () => {
    expect(measures([ended({ isReturn: true }), ended({ isProduction: false })])).toMatchObject({
      ...{ completed: 0, changes: 0, failureRate: null },
    });
  });
});

describe("failures and the time they last", () => {
  test("what its callers never saw is neither a change nor a failure", () => {
    expect(
      measures([turnedBack({ hadTraffic: false }), ended({ outcome: "gates_failed", hadTraffic: false })]),
    ).toMatchObject({ changes: 0, failureRate: null, timeToRestore: { seconds: null } });
  });

  test("of those with traffic, the share that was turned back or failed", () => {
    const rollouts = [ended(), ended(), ended({ outcome: "superseded", completedAt: null }), turnedBack()];
    expect(measures(rollouts)).toMatchObject({ changes: 4, failures: 1, failureRate: 0.25 });
  });

  test("lasts from the harm to the moment when all callers had the version before again", () => {
    const short = turnedBack({ harmAt: TO - HOUR - 4_000 });
    const still = turnedBack({ restoredAt: null });
    expect(measures([short, turnedBack(), still])).toMatchObject({
      failures: 3,
      timeToRestore: { seconds: (4 + 3_600) / 2, count: 2 },
    });
  });
});

describe("by day", () => {
  test("has every day of the window, the last one today, in the zone that was asked for", () => {
    const late = ended({ endedAt: Date.parse("2026-11-20T23:30:00Z") });
    const inUtc = insightOf([late], WINDOW).byDay;
    expect(inUtc.map(({ day }) => day).slice(-3)).toEqual(["2026-11-20", "2026-11-21", "2026-11-22"]);
    expect(inUtc.find(({ completed }) => completed > 0)?.day).toBe("2026-11-20");
    const inBerlin = insightOf([late], { ...WINDOW, timezone: "Europe/Berlin" }).byDay;
    expect(inBerlin.find(({ completed }) => completed > 0)?.day).toBe("2026-11-21");
  });

  test("days of 23 and of 25 hours are days like others", () => {
    for (const to of ["2026-03-30T10:00:00Z", "2026-10-26T10:00:00Z"]) {
      const { byDay } = insightOf([], { ...WINDOW, to: Date.parse(to), timezone: "Europe/Berlin" });
      expect(new Set(byDay.map(({ day }) => day)).size).toBe(7);
    }
  });

  test("every rollout of the window is counted once, whatever its outcome", () => {
    const outcomes = fc.constantFrom(
      ...(["completed", "rolled_back", "gates_failed", "failed", "cancelled", "superseded"] as const),
    );
    const rollouts = fc.array(
      fc
        .record({ outcome: outcomes, ago: fc.integer({ min: 0, max: 6 * 24 * HOUR }), hadTraffic: fc.boolean() })
        .map(({ outcome, ago, hadTraffic }) => ended({ outcome, hadTraffic, endedAt: TO - ago })),
    );
    fc.assert(
      fc.property(rollouts, (some) => {
        const { byDay, failureRate } = insightOf(some, WINDOW);
        const total = byDay
          .flatMap(({ day: _, ...counts }) => Object.values(counts))
          .reduce((sum, one) => sum + one, 0);
        expect(total).toBe(some.length);
        if (failureRate !== null) expect(failureRate).toBeLessThanOrEqual(1);
      }),
    );
  });
});
