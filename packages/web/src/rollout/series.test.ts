import { describe, expect, test } from "vitest";
import {
  errorColumns,
  evidenceColumns,
  joined,
  latencyColumns,
  recent,
  requestColumns,
  type SeriesPoint,
  weightChanges,
} from "./series.ts";

const NONE = { requests: 0, errors: 0, latencyMs: null };

const point = (second: number, changes: Partial<SeriesPoint> = {}): SeriesPoint => ({
  at: new Date(second * 1_000).toISOString(),
  seconds: 2,
  weight: 10,
  stable: { requests: 18, errors: 0, latencyMs: { p50: 2, p95: 8, p99: 9 } },
  candidate: { requests: 2, errors: 1, latencyMs: null },
  evidence: { guard: 0, judge: null },
  ...changes,
});

describe("the columns of a plot", () => {
  test("are rates over the time of each point, and nothing where nothing was measured", () => {
    const points = [point(2), point(4, { candidate: NONE })];
    expect(requestColumns(points)).toEqual([
      [2, 4],
      [9, 9],
      [1, 0],
    ]);
    expect(errorColumns(points)).toEqual([
      [2, 4],
      [0, 0],
      [50, null],
    ]);
    expect(latencyColumns(points, "p95")).toEqual([
      [2, 4],
      [8, 8],
      [null, null],
    ]);
  });

  test("have no zero where the scale is logarithmic", () => {
    expect(evidenceColumns([point(2)])).toEqual([[2], [0.001], [null]]);
  });
});

test("changes of the weight are marked where they happened", () => {
  expect(weightChanges([point(2), point(4), point(6, { weight: 50 }), point(8, { weight: 50 })])).toEqual([
    { at: 6, weight: 50 },
  ]);
});

test("points that come twice are there once, and nothing new changes nothing", () => {
  const known = [point(2), point(4)];
  expect(joined(known, [point(4), point(6)]).map(({ at }) => Date.parse(at) / 1_000)).toEqual([2, 4, 6]);
  expect(joined(known, [point(4)])).toBe(known);
});

test("lately is a time from the last point back, weighed by its requests", () => {
  const points = [point(2), point(40), point(42, { candidate: { requests: 6, errors: 1, latencyMs: null } })];
  expect(recent(points, 30)).toEqual({ stable: { rate: 9, errors: 0 }, candidate: { rate: 2, errors: 0.25 } });
  expect(recent([], 30)).toEqual({ stable: { rate: null, errors: null }, candidate: { rate: null, errors: null } });
});
