import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DueTerms, dueAt } from "./due.ts";
import { nextTick, nextTicks } from "./ticks.ts";

const at = (iso: string): number => Date.parse(iso);
const hourly: DueTerms = { schedule: "0 * * * *", timezone: "UTC", startingDeadlineSeconds: 300, missedRuns: "skip" };
const ten = at("2026-11-21T10:00:00Z");
const HOUR = 3_600_000;

describe("what is due", () => {
  test("is nothing before the time", () => {
    expect(dueAt(hourly, ten, ten - 1)).toEqual({ run: null, missed: null, next: ten });
  });

  test("is the time itself, at it and until its deadline", () => {
    const due = { run: { tick: ten, standsFor: 0 }, missed: null, next: ten + HOUR };
    expect(dueAt(hourly, ten, ten)).toEqual(due);
    expect(dueAt(hourly, ten, ten + 300_000)).toEqual(due);
  });

  test("is missed after the deadline", () => {
    const missed = { first: ten, last: ten, count: 1 };
    expect(dueAt(hourly, ten, ten + 300_001)).toEqual({ run: null, missed, next: ten + HOUR });
  });

  test("is made up for once where that is wanted", () => {
    const terms: DueTerms = { ...hourly, missedRuns: "run-once" };
    const now = ten + 3 * HOUR + 600_000;
    expect(dueAt(terms, ten, now)).toEqual({
      run: { tick: ten + 3 * HOUR, standsFor: 3 },
      missed: null,
      next: ten + 4 * HOUR,
    });
  });

  test("is the one in time when others were missed before it", () => {
    const missed = { first: ten, last: ten + HOUR, count: 2 };
    const due = { run: { tick: ten + 2 * HOUR, standsFor: 0 }, missed, next: ten + 3 * HOUR };
    expect(dueAt(hourly, ten, ten + 2 * HOUR + 1_000)).toEqual(due);
    expect(dueAt({ ...hourly, missedRuns: "run-once" }, ten, ten + 2 * HOUR + 1_000)).toEqual(due);
  });
});

/** A server that looks at the schedule at some moments, and between them not: down, killed, or slow. */
function live(terms: DueTerms, from: number, looks: readonly number[]) {
  let next = nextTick(terms, from);
  const runs: { tick: number; at: number }[] = [];
  const missed: { first: number; last: number }[] = [];
  for (const now of looks) {
    for (;;) {
      if (next === null) break;
      const due = dueAt(terms, next, now);
      if (due.run !== null) runs.push({ tick: due.run.tick, at: now });
      if (due.missed !== null) missed.push(due.missed);
      const before = next;
      next = due.next;
      if (due.run === null || next === before) break;
    }
  }
  return { runs, missed, next };
}

const terms = fc.record({
  schedule: fc.constantFrom("* * * * *", "*/15 * * * *", "30 2 * * *", "0 9 * * 1-5"),
  timezone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York"),
  startingDeadlineSeconds: fc.constantFrom(1, 30, 300, 86_400),
  missedRuns: fc.constantFrom("skip" as const, "run-once" as const),
});
const from = fc.integer({ min: at("2026-03-27T00:00:00Z"), max: at("2026-03-30T00:00:00Z") });
const gaps = fc.array(fc.integer({ min: 1, max: 6 * HOUR }), { minLength: 1, maxLength: 6 });

/** Two hundred times of a schedule take a while to tell. */
const RUNS = { numRuns: 40 };

describe("whenever a server looks", () => {
  const world = fc.tuple(terms, from, gaps).map(([terms, from, gaps]) => {
    let now = from;
    const looks = gaps.map((gap) => (now += gap));
    return { terms, from, looks, ...live(terms, from, looks) };
  });

  test("no time has two runs, and none runs before it", () => {
    fc.assert(
      fc.property(world, ({ runs }) => {
        expect(new Set(runs.map(({ tick }) => tick)).size).toBe(runs.length);
        for (const { tick, at: now } of runs) expect(tick).toBeLessThanOrEqual(now);
      }),
    );
  });

  test("no time that a look met within its deadline is lost", () => {
    fc.assert(
      fc.property(world, ({ terms, from, looks, runs }) => {
        const last = looks.at(-1) ?? from;
        const ran = new Set(runs.map(({ tick }) => tick));
        for (const tick of nextTicks(terms, from, 200).filter((one) => one <= last)) {
          const met = looks.some((now) => now >= tick && now <= tick + terms.startingDeadlineSeconds * 1_000);
          if (met) expect(ran.has(tick)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test("every time ran, was missed, was made up for, or is still to come", () => {
    fc.assert(
      fc.property(world, ({ terms, from, looks, runs, missed, next }) => {
        const last = looks.at(-1) ?? from;
        const ran = runs.map(({ tick }) => tick);
        for (const tick of nextTicks(terms, from, 200).filter((one) => one <= last)) {
          const told =
            ran.includes(tick) ||
            missed.some((gap) => tick >= gap.first && tick <= gap.last) ||
            (terms.missedRuns === "run-once" && ran.some((other) => other > tick)) ||
            (next !== null && tick >= next);
          expect(told).toBe(true);
        }
        if (next !== null) expect(next).toBeGreaterThan(last);
      }),
      RUNS,
    );
  });
});
