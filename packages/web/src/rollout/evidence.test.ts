import type { Rollout } from "@sluice/client";
import { expect, test } from "vitest";
import { asSentence, closeness, course, judged, unspoken } from "./evidence.ts";

type Metric = NonNullable<Rollout["analysis"]>["metrics"][number];

const metric = (message: string, candidate = 0): Metric => ({
  ...{ name: "error_rate", source: "gateway", judge: "fisher", status: "ok", failed: false },
  ...{ stable: 0, candidate: 0, evidence: 1, threshold: 250, interval: null },
  samples: { stable: 100, candidate },
  message,
});

test("evidence comes closer by powers, neither below none nor beyond what turns it back", () => {
  const at = (evidence: number): number => closeness({ evidence, threshold: 10_000 });
  expect([at(0), at(0.1), at(1), at(100), at(10_000), at(1e12)].map((share) => Number(share.toFixed(6)))).toEqual([
    0, 0, 0, 0.5, 1, 1,
  ]);
  expect([closeness({ evidence: 1, threshold: 1 }), closeness({ evidence: 0.5, threshold: 1 })]).toEqual([1, 0]);
});

test("what was judged is what the best-informed metric saw of the candidate", () => {
  expect(judged({ metrics: [metric("a", 20), metric("b", 34)] })).toBe(34);
  expect(judged({ metrics: [] })).toBe(0);
});

test("a metric that the verdict is about is not told twice, nor as it was a moment before", () => {
  const metrics = [metric("error rate: 1 of 20 failed"), metric("latency: as before")];
  const message = "nothing says that it is worse: error rate: 2 of 24 failed";
  expect(unspoken({ message, metrics }).map((one) => one.message)).toEqual(["latency: as before"]);
});

test("a part of a sentence becomes one", () => {
  expect([asSentence("nothing says so"), asSentence("It is.")]).toEqual(["Nothing says so.", "It is."]);
});

test("the course of a rollout is told without the verdict that stands beside its curve; the reason of an end is no part of it", () => {
  const analysis = { message: "nothing says that it is worse: error rate: 0 of 20 failed" };
  expect(course(`Revision 2 at 50 %; step 2 of 3; ${analysis.message}.`, analysis)).toBe(
    "Revision 2 at 50 %; step 2 of 3.",
  );
  const ended = "Revision 1 serves again, because error rate: 5 of 5 failed.";
  expect(course(ended, { message: "error rate: 5 of 5 failed" })).toBe(ended);
  expect(course(ended, null)).toBe(ended);
});
