import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createNudger } from "./nudge.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("nudging the job runner", () => {
  test("happens once a moment, for as many jobs as are due then", () => {
    const nudges: number[] = [];
    const nudger = createNudger(Date.now);
    nudger.wakes((count) => nudges.push(count));
    const soon = Date.now() + 1_000;
    for (const moment of [soon, soon, soon, soon + 500]) nudger.at(moment);

    vi.advanceTimersByTime(999);
    expect(nudges).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(nudges).toEqual([3]);
    vi.advanceTimersByTime(500);
    expect(nudges).toEqual([3, 1]);
  });

  test("is due at once for a moment that has passed", () => {
    const nudge = vi.fn();
    const nudger = createNudger(Date.now);
    nudger.wakes(nudge);
    nudger.at(Date.now() - 5_000);
    vi.advanceTimersByTime(5);
    expect(nudge).toHaveBeenCalledExactlyOnceWith(1);
  });

  test("sets no timer for a moment that a timer cannot hold", () => {
    createNudger(Date.now).at(Date.now() + 40 * 86_400_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("ends when it is closed", () => {
    const nudger = createNudger(Date.now);
    nudger.at(Date.now() + 1_000);
    nudger.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
