import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMPARISON_SIGNS, type Threshold } from "./threshold.ts";
import { isBeyond, MARGIN, QUIET, type ThresholdState, watchThreshold } from "./threshold.watch.ts";

const LIMIT: Threshold = { metric: "response_time", sign: ">", limit: 100 };
const FOR_MS = 3_000;

/** States after one look a second. */
function looks(values: (number | null)[], threshold = LIMIT, forMs = FOR_MS): ThresholdState[] {
  let state = QUIET;
  return values.map((value, second) => {
    state = watchThreshold(state, threshold, value, second * 1_000, forMs);
    return state;
  });
}

const firings = (states: ThresholdState[]): boolean[] => states.map((state) => state.firing);

describe("the watch of a threshold", () => {
  test("fires when the figure has been beyond for long enough, without a break", () => {
    expect(firings(looks([101, 200, 101, 101]))).toEqual([false, false, false, true]);
    expect(firings(looks([101, 101, 100, 101, 101, 101]))).not.toContain(true);
  });

  test("fires once for a figure that hovers around its limit, and is over when it has been back by a tenth", () => {
    const hovering = looks([101, 101, 101, 101, 99, 101, 95, 101, 91, 99]);
    expect(firings(hovering).slice(3)).not.toContain(false);
    expect(firings(looks([101, 101, 101, 101, 90, 89, 90, 90])).at(-1)).toBe(false);
  });

  test("takes no figure for no proof: neither of a breach nor of an end", () => {
    expect(firings(looks([101, 101, null, 101, 101, 101]))).not.toContain(true);
    expect(firings(looks([101, 101, 101, 101, 50, 50, null, 50, 50])).at(-1)).toBe(true);
  });

  test("without a time fires at the first look", () => {
    expect(firings(looks([101, 89], LIMIT, 0))).toEqual([true, false]);
  });

  test("changes only after the time without a break, whatever the figures are", () => {
    const figures = fc.array(fc.option(fc.double({ min: 0, max: 300, noNaN: true })), { maxLength: 60 });
    const thresholds = fc.record({
      metric: fc.constant("response_time" as const),
      sign: fc.constantFrom(...COMPARISON_SIGNS),
      limit: fc.double({ min: 0, max: 200, noNaN: true }),
    });
    fc.assert(
      fc.property(figures, thresholds, fc.integer({ min: 1, max: 5 }), (values, threshold, seconds) => {
        const states = looks(values, threshold, seconds * 1_000);
        for (const [at, state] of states.entries()) {
          const before = states[at - 1] ?? QUIET;
          if (state.firing === before.firing) continue;
          const run = values.slice(at - seconds, at + 1);
          expect(run).toHaveLength(seconds + 1);
          for (const value of run) {
            if (value === null) throw new Error("a break");
            expect(isBeyond(threshold.sign, threshold.limit, value)).toBe(state.firing);
            if (!state.firing && threshold.sign.startsWith(">")) {
              expect(value).toBeLessThanOrEqual(threshold.limit * (1 - MARGIN));
            }
          }
        }
      }),
    );
  });
});
