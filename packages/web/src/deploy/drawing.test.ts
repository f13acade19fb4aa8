import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawingOf, pointsOf } from "./drawing.ts";
import type { Step } from "./step.ts";

const CANARY: Step[] = [
  { type: "setWeight", weight: 500 },
  { type: "analyze", seconds: 100 },
  { type: "setWeight", weight: 2_500 },
  { type: "analyze", seconds: 300 },
  { type: "setWeight", weight: 10_000 },
];

describe("the way of the traffic", () => {
  test("is as long as its waits, and as high as the candidate's share", () => {
    const { stretches, seconds } = drawingOf(CANARY);
    expect(seconds).toBe(400);
    expect(stretches.map(({ kind, weight }) => [kind, weight])).toEqual([
      ["begin", 0],
      ["compare", 5],
      ["compare", 25],
      ["end", 100],
    ]);
    const [, short, long] = stretches.map(({ from, to }) => to - from);
    expect((long ?? 0) / (short ?? 1)).toBeCloseTo(3);
  });

  test("is broken where people are waited for, which takes no time that anybody knows", () => {
    const { stretches, seconds } = drawingOf([
      { type: "setWeight", weight: 1_000 },
      { type: "wait", approval: true },
      { type: "switch" },
    ]);
    expect(seconds).toBe(0);
    expect(stretches.map(({ kind }) => kind)).toEqual(["begin", "person", "end"]);
  });

  test("shows copies of requests beside the callers, who see none of them", () => {
    const { stretches } = drawingOf([
      { type: "mirror", weight: 5_000 },
      { type: "analyze", seconds: 60 },
      { type: "mirror", weight: 0 },
    ]);
    expect(stretches.map(({ weight, mirrored }) => [weight, mirrored])).toEqual([
      [0, 0],
      [0, 50],
      [0, 0],
    ]);
    expect(pointsOf(stretches, "mirrored")).toBe("0,100 8,100 8,50 92,50 92,100 100,100");
  });

  test("tells the time where there is room for it, and always at its end", () => {
    const steps: Step[] = Array.from({ length: 40 }, () => ({ type: "wait", seconds: 60 }));
    const { ticks } = drawingOf(steps);
    expect(ticks.length).toBeLessThan(12);
    expect(ticks.at(-1)?.label).toBe("40 min");
  });

  const step = fc.oneof(
    fc.record({ type: fc.constant("setWeight" as const), weight: fc.integer({ min: 1, max: 10_000 }) }),
    fc.record({ type: fc.constant("wait" as const), seconds: fc.integer({ min: 0, max: 2_592_000 }) }),
    fc.record({ type: fc.constant("wait" as const), approval: fc.constant(true as const) }),
    fc.record({ type: fc.constant("mirror" as const), weight: fc.integer({ min: 0, max: 10_000 }) }),
  );

  test("fills the drawing from end to end without a gap, whatever the steps", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const { stretches } = drawingOf(steps);
        expect(stretches[0]?.from).toBe(0);
        expect(stretches.at(-1)?.to).toBeCloseTo(100, 6);
        for (const [index, stretch] of stretches.entries()) {
          expect(stretch.to).toBeGreaterThan(stretch.from);
          if (index > 0) expect(stretch.from).toBe(stretches[index - 1]?.to);
        }
      }),
    );
  });
});
