import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../traffic.testing.ts";
import vectors from "../vectors/mann_whitney.json" with { type: "json" };
import { compareSeries } from "./compare-series.ts";

const ramp = (length: number, from: number, step = 1): number[] =>
  Array.from({ length }, (_, index) => from + index * step);

describe("compareSeries", () => {
  it.each(vectors.cases.map((vector, index) => ({ index, ...vector })))(
    "classifies reference case $index against the control's median, and as Kayenta does",
    (vector) => {
      const found = compareSeries(vector.y, vector.x);
      // Four points a side cannot hold 98 %: the reference says High, which an honest judge must not.
      const few = vector.x.length === 4;
      expect(found.classification).toBe(few ? "Nodata" : vector.classify_control_median_10pct);
      if (!few) expect([found.interval?.low, found.interval?.high]).toEqual(vector.ci98);
      const kayenta = compareSeries(vector.y, vector.x, { mode: "kayenta", tolerance: 0.25 });
      expect(kayenta.classification).toBe(vector.classify_kayenta_25pct);
    },
  );

  it("says in one sentence what it saw, with how much, and what would have changed it", () => {
    const high = compareSeries(ramp(30, 100), ramp(30, 160));
    expect(high).toMatchObject({ classification: "High", worse: true, score: 0, effect: { cles: 1 } });
    expect(high.message).toMatchInlineSnapshot(
      `"High: the candidate's median is 174.5 against 114.5, a shift between 54 and 66 (98 %) with 30 points of the candidate and 30 of the control, beyond the tolerated 11.45; a lower end of at most that would have passed"`,
    );
    const low = compareSeries(ramp(30, 160), ramp(30, 100), { direction: "decrease" });
    expect(low.message).toMatchInlineSnapshot(
      `"Low: the candidate's median is 114.5 against 174.5, a shift between -66 and -54 (98 %) with 30 points of the candidate and 30 of the control, beyond -17.45; an upper end of at least that would have passed"`,
    );
    const pass = compareSeries(ramp(30, 100), ramp(30, 101));
    expect(pass.message).toMatchInlineSnapshot(
      `"Pass: the candidate's median is 115.5 against 114.5, a shift between -5 and 7 (98 %) with 30 points of the candidate and 30 of the control; only an interval wholly beyond the tolerated 11.45 on either side would have failed"`,
    );
    const few = compareSeries([1, 2], [3, 4]);
    expect(few.message).toMatchInlineSnapshot(
      `"No verdict: 2 points of the candidate and 2 of the control are too few for an interval of 98 %, whatever they are; the candidate's median is 3.5 against 1.5, and 5 of each would do"`,
    );
    for (const { message } of [high, low, pass, few]) expect(message.endsWith(".")).toBe(false);
  });

  it("only looks in the direction that is worse", () => {
    expect(compareSeries(ramp(30, 160), ramp(30, 100), { direction: "increase" }).classification).toBe("Pass");
    expect(compareSeries(ramp(30, 100), ramp(30, 160), { direction: "decrease" }).classification).toBe("Pass");
  });

  it("has typed outcomes for what is no number, for nothing, and for constants", () => {
    // edge case 26
    const nothing = compareSeries([1, 2, 3], [null, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(nothing).toMatchObject({ classification: "Nodata", worse: false, score: null, dropped: { candidate: 3 } });
    expect(nothing.message).toContain("3 of them no numbers");
    expect(compareSeries([], [1]).classification).toBe("Nodata");
    expect(compareSeries([5, 5, 5], [5, 5, 5]).classification).toBe("Pass");
    expect(compareSeries([0, 0, 0, 0, 0], [9, 9, 9, 9, 9]).classification).toBe("High");
    const replaced = compareSeries([1, null], [null, 1], { nan: "replace" });
    expect(replaced).toMatchObject({ classification: "Pass", samples: { control: 2, candidate: 2 } });
  });

  it("sees rare errors against none, and lets an equal share of them pass", () => {
    const rare = (every: number) => ramp(60, 0).map((minute) => (minute % every === 0 ? 3 : 0));
    const found = compareSeries(Array<number>(60).fill(0), rare(4));
    expect(found.classification).toBe("High");
    expect(found.message).toContain("more often");
    expect(compareSeries(rare(4), rare(5)).classification).toBe("Pass");
  });

  it("raises no more false alarms than it promises, with as few points as it accepts", () => {
    const random = seeded(13);
    const draw = (length: number) => ramp(length, 0).map(() => 100 + random() + random());
    for (const length of [5, 12, 40]) {
      let alarms = 0;
      for (let run = 0; run < 500; run += 1) {
        if (compareSeries(draw(length), draw(length), { tolerance: 0 }).worse) alarms += 1;
      }
      // 2 % are promised; 4 % of 500 is more than three standard errors above.
      expect(alarms, `${length} points`).toBeLessThanOrEqual(20);
    }
  });

  it("shares its error rate among comparisons", () => {
    expect(compareSeries(ramp(5, 0), ramp(5, 100)).classification).toBe("High");
    const shared = compareSeries(ramp(5, 0), ramp(5, 100), { comparisons: 12 });
    expect(shared.classification).toBe("Nodata");
    expect(shared.confidence).toBeCloseTo(1 - 0.02 / 12, 12);
  });

  it("tells how sure its interval really is, where that can be counted", () => {
    const found = compareSeries(ramp(5, 0), ramp(5, 100));
    expect(found.interval?.attained).toBeCloseTo(1 - 2 / 252, 12);
    expect(compareSeries([1, 1, 2, 3, 4], [5, 6, 7, 8, 9]).interval?.attained).toBeNull();
  });

  it.each([
    [{ confidence: 1 }, "confidence is 1"],
    [{ confidence: 0.5 }, "confidence is 0.5"],
    [{ tolerance: -0.1 }, "tolerance is -0.1"],
    [{ tolerance: Number.NaN }, "tolerance is"],
    [{ comparisons: 0 }, "comparisons is 0"],
  ])("refuses %j", (options, message) => {
    expect(() => compareSeries([1], [2], options)).toThrow(message);
  });

  it("answers whatever it is given", () => {
    const point = fc.oneof(fc.double(), fc.constant(null), fc.integer({ min: 0, max: 2 }));
    const series = fc.array(point, { maxLength: 30 });
    fc.assert(
      fc.property(series, series, fc.constantFrom("sluice", "kayenta"), (control, candidate, mode) => {
        const found = compareSeries(control, candidate, { mode });
        expect(found.message).not.toBe("");
        expect(found.message).not.toContain("NaN");
      }),
    );
  });
});
