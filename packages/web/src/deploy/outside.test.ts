import { analysisSchema } from "@sluice/core";
import { expect, test } from "vitest";
import { judgingOf, USUAL_JUDGING } from "./judging.ts";
import { JUDGE_LABELS, newOutside, outsideOf, SOURCE_LABELS, withSource } from "./outside.ts";

const WRITTEN = { ...newOutside("tokens"), address: "http://127.0.0.1:9090", query: "up", path: "a.csv", max: "5" };
const sources = Object.keys(SOURCE_LABELS).filter(
  (source): source is keyof typeof SOURCE_LABELS => source in SOURCE_LABELS,
);
const judges = Object.keys(JUDGE_LABELS).filter((judge): judge is keyof typeof JUDGE_LABELS => judge in JUDGE_LABELS);

test.each(sources)("a metric of %s is what the API takes, however it is judged", (source) => {
  for (const judge of judges) {
    const metric = outsideOf({ ...withSource(WRITTEN, source), judge });
    expect(analysisSchema.parse({ metrics: [metric] }).metrics).toMatchObject([
      { name: "tokens", judge, source: { type: source } },
    ]);
  }
});

test("scores of evaluations are judged as scores, and other values are not once they come from elsewhere", () => {
  const scores = withSource(WRITTEN, "evaluations");
  expect(scores.judge).toBe("balanced-bets");
  expect(withSource(scores, "file").judge).toBe("mann-whitney");
  expect(withSource({ ...WRITTEN, judge: "threshold" }, "file").judge).toBe("threshold");
});

test("metrics from elsewhere stand behind those of the gateway; nothing is said while all is usual", () => {
  expect(judgingOf(USUAL_JUDGING)).toBeUndefined();
  expect(judgingOf({ ...USUAL_JUDGING, errors: false, outside: [WRITTEN] })?.metrics).toMatchObject([
    { name: "latency" },
    { name: "tokens" },
  ]);
  expect(judgingOf({ ...USUAL_JUDGING, errorLimit: "2", latencyLimitMs: "800", maxHold: "60" })).toEqual({
    maxHoldSeconds: 60,
    metrics: [
      { name: "error_rate", maxErrorRate: 0.02 },
      { name: "latency", maxLatencyMs: 800 },
    ],
  });
});
