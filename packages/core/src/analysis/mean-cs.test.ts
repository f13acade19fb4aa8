import { describe, expect, it } from "vitest";
import { EmpiricalBernsteinCs, HedgedBettingCs } from "./mean-cs.ts";
import { seeded } from "./traffic.testing.ts";
import bernstein from "./vectors/empirical_bernstein_cs.json" with { type: "json" };
import hedged from "./vectors/hedged_capital.json" with { type: "json" };
import { expectWithin } from "./vectors/within.testing.ts";

const cells = (count: number): number[] => Array.from({ length: count + 1 }, (_, index) => index / count);

describe("EmpiricalBernsteinCs", () => {
  it.each(bernstein.cases.map((vector, index) => ({ index, ...vector })))("matches reference case $index", (vector) => {
    const sequence = new EmpiricalBernsteinCs(vector.alpha);
    for (const value of vector.x) sequence.add(value);
    expectWithin(bernstein.tolerance, sequence.interval.low, vector.lo);
    expectWithin(bernstein.tolerance, sequence.interval.high, vector.hi);
  });

  it("holds the mean at every time in all but α of the runs", () => {
    const random = seeded(17);
    let missed = 0;
    for (let run = 0; run < 300; run += 1) {
      const sequence = new EmpiricalBernsteinCs(0.05);
      for (let value = 0; value < 300; value += 1) sequence.add(random() ** 2);
      if (sequence.interval.low > 1 / 3 || sequence.interval.high < 1 / 3) missed += 1;
    }
    expect(missed / 300).toBeLessThanOrEqual(0.05);
  });

  it("leaves out what is no score, and goes on from its state", () => {
    const sequence = new EmpiricalBernsteinCs(0.05);
    for (const value of [0.3, 0.9, 0.4]) sequence.add(value);
    const before = sequence.state();
    for (const value of [Number.NaN, -0.1, 1.1]) expect(sequence.add(value)).toBe(false);
    expect(sequence.state()).toEqual(before);
    const second = new EmpiricalBernsteinCs(0.05, JSON.parse(JSON.stringify(before)));
    for (const each of [sequence, second]) each.add(0.5);
    expect(second.state()).toEqual(sequence.state());
    expect(second.count).toBe(4);
  });

  it.each([0, 1, Number.NaN])("refuses an alpha of %d", (alpha) => {
    expect(() => new EmpiricalBernsteinCs(alpha)).toThrow("alpha is");
    expect(() => new HedgedBettingCs(alpha)).toThrow("alpha is");
  });
});

describe("HedgedBettingCs", () => {
  it.each(hedged.cases.map((vector, index) => ({ index, ...vector })))("matches reference case $index", (vector) => {
    const one = new HedgedBettingCs(vector.alpha, [vector.m]);
    for (const value of vector.x) one.add(value);
    expectWithin(hedged.tolerance, one.logCapital[0] ?? Number.NaN, vector.log_capital);
    expectWithin(hedged.tolerance, one.maxLogCapital[0] ?? Number.NaN, vector.max_log_capital);
    if (vector.grid === undefined) return;
    const all = new HedgedBettingCs(vector.alpha, cells(vector.grid));
    for (const value of vector.x) all.add(value);
    expectWithin(hedged.tolerance, all.interval?.low ?? Number.NaN, vector.cs[0] ?? Number.NaN);
    expectWithin(hedged.tolerance, all.interval?.high ?? Number.NaN, vector.cs[1] ?? Number.NaN);
  });

  it("leaves out what is no score, goes on from its state, and has no interval when every mean is excluded", () => {
    const sequence = new HedgedBettingCs(0.05, cells(20));
    for (const value of [0.3, Number.NaN, 0.9]) sequence.add(value);
    const second = new HedgedBettingCs(0.05, cells(20), JSON.parse(JSON.stringify(sequence.state())));
    for (const each of [sequence, second]) each.add(0.1);
    expect(second.state()).toEqual(sequence.state());
    const excluded = new HedgedBettingCs(0.05, [0.9]);
    for (let value = 0; value < 60; value += 1) excluded.add(0.1);
    expect(excluded.interval).toBeNull();
  });
});
