import { describe, expect, test } from "vitest";
import { describeShadow, type ShadowReport } from "./comparison.ts";

const quantiles = (p95: number) => ({ p50: 1, p95, p99: 20 });
const report = (change: Partial<ShadowReport> = {}): ShadowReport => ({
  compared: 110,
  skipped: 0,
  statusMismatches: 2,
  bodyMismatches: 7,
  bodiesSkipped: 0,
  latencyMs: { stable: quantiles(8.30001), candidate: quantiles(12.80000000000002) },
  examples: [],
  ...change,
});

describe("a shadow in a sentence", () => {
  test("says how many requests were compared, and in what they differed", () => {
    expect(describeShadow(report())).toBe(
      "of 110 compared requests the candidate answered 2 with another status, 7 with another body, its p95 12.8 ms against 8.3 ms",
    );
  });

  test("says what was not compared", () => {
    expect(describeShadow(report({ compared: 1, bodyMismatches: null, skipped: 1 }))).toContain(
      "of 1 compared request the candidate answered 2 with another status, bodies were not compared",
    );
    expect(describeShadow(report({ skipped: 3, bodiesSkipped: 4 }))).toMatch(
      /\(4 were not compared\).*; 3 copies got no/,
    );
  });

  test("does not call it agreement when nothing was compared", () => {
    expect(describeShadow(report({ compared: 0, skipped: 9 }))).toBe(
      "no request was compared; 9 copies got no answer to compare, and answers of both to the same request would have been",
    );
  });
});
