import { expect, test } from "vitest";
import { ArmCounts } from "../analysis/guard.arrivals.ts";
import { arm } from "../analysis/traffic.testing.ts";
import { AloneJudge } from "./alone.judge.ts";
import type { TrafficTerms } from "./judge.terms.ts";

const LATENCY: TrafficTerms[] = [{ kind: "latency", share: 1, tolerance: 0.1, toleranceMs: 5, quantile: null }];
const BUDGET = { total: 0.01, guards: 0.004, pooled: 0.004, monitoring: 0.002 };

const counts = (requests: number, ms: number): ArmCounts => {
  const all = new ArmCounts();
  all.add(arm(requests, 0, ms));
  return all;
};

/** Whether a candidate that answers in so many milliseconds is found slower than a stable that took 40. */
const foundSlower = (ms: number): boolean => {
  const judge = AloneJudge.freeze(LATENCY, counts(2_000, 40), BUDGET);
  if (judge === null) throw new Error("nothing is watched");
  for (let look = 0; look < 50; look += 1) judge.update(counts(100, ms));
  return judge.logEvidence >= judge.bound;
};

test("from one minute to the next the world makes twice the difference; more than that is the candidate's", () => {
  expect([20, 45, 60, 80].map(foundSlower)).toEqual([false, false, false, false]);
  expect([160, 400].map(foundSlower)).toEqual([true, true]);
});

test("without stable requests there is nothing to be compared with", () => {
  expect(AloneJudge.freeze(LATENCY, new ArmCounts(), BUDGET)).toBeNull();
});
