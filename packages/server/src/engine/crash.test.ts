import { describe, expect, test } from "vitest";
import { CRASH_POINTS, type CrashPoint, crashAt } from "./crash.ts";

function deaths(plan: string | null, points: CrashPoint[]): CrashPoint[] {
  const died: CrashPoint[] = [];
  const crash = crashAt(plan, (point) => died.push(point));
  for (const point of points) crash(point);
  return died;
}

describe("a crash plan", () => {
  test("kills at its point and at no other", () => {
    expect(deaths("after-persist", [...CRASH_POINTS])).toEqual(["after-persist"]);
  });

  test("kills once, at the time that it counts to", () => {
    const thrice: CrashPoint[] = ["after-load", "after-load", "after-load"];
    expect(deaths("after-load:3", thrice.slice(1))).toEqual([]);
    expect(deaths("after-load:3", [...thrice, ...thrice])).toEqual(["after-load"]);
  });

  test("kills nobody without a plan", () => {
    expect(deaths(null, [...CRASH_POINTS])).toEqual([]);
  });

  test.each(["nowhere", "after-load:0", "after-load:x"])("is refused when it is %s", (plan) => {
    expect(() => crashAt(plan)).toThrow(/names no crash point; known: after-load/);
  });
});
