import { describe, expect, onTestFinished, test, vi } from "vitest";
import { PatientClock } from "./patient.clock.ts";

/** A clock on faked time, and one thing that it watches. */
function watched(ms: number) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const clock = new PatientClock();
  const one = { deadline: Number.POSITIVE_INFINITY, expire: vi.fn() };
  clock.watch(one);
  one.deadline = clock.after(ms);
  return { clock, one };
}

describe("the patient clock", () => {
  test("expires what has passed its deadline, not before", () => {
    const { one } = watched(1_000);
    vi.advanceTimersByTime(1_000);
    expect(one.expire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(one.expire).toHaveBeenCalled();
  });

  test("lets a deadline be moved, and forgets", () => {
    const { clock, one } = watched(1_000);
    vi.advanceTimersByTime(900);
    one.deadline = clock.after(1_000);
    vi.advanceTimersByTime(900);
    expect(one.expire).not.toHaveBeenCalled();
    clock.forget(one);
    vi.advanceTimersByTime(10_000);
    expect(one.expire).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not blame anybody for the time in which the process was held up", () => {
    const { one } = watched(1_000);
    vi.setSystemTime(Date.now() + 60_000);
    const held = performance.now() + 60_000;
    vi.spyOn(performance, "now").mockImplementation(() => held);
    onTestFinished(() => void vi.restoreAllMocks());
    vi.advanceTimersByTime(50);
    expect(one.expire).not.toHaveBeenCalled();
  });
});
