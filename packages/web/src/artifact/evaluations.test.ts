import type { Evaluation } from "@sluice/client";
import { expect, test } from "vitest";
import { metricLabel, picturesOf, writerOf } from "./evaluations.ts";

let ids = 0;
const evaluation = (version: string, dataset: string, metrics: Record<string, number>, minute = 0): Evaluation => {
  ids += 1;
  const at = `2026-11-22T10:${String(minute).padStart(2, "0")}:00.000Z`;
  return {
    ...{ id: `eva_${ids}`, project: "default", artifact: "greeter", version, dataset, metrics, sampleCount: 10 },
    ...{ source: "promptfoo", details: {}, startedAt: null, finishedAt: at, recordedAt: at, recordedBy: "ci" },
  };
};

test("each dataset has its metrics over its versions, oldest first", () => {
  const all = [
    evaluation("2.0.0", "smoke", { score: 0.9, p95Ms: 640 }),
    evaluation("1.0.0", "smoke", { score: 0.8 }),
    evaluation("10.0.0", "smoke", { score: 0.95, p95Ms: 700 }),
    evaluation("2.0.0", "deep", { score: 0.5 }),
  ];
  const pictures = picturesOf(all, ["10.0.0", "2.0.0", "1.0.0"]);
  expect(pictures.map(({ dataset, versions, curves }) => ({ dataset, versions, curves }))).toEqual([
    { dataset: "deep", versions: ["2.0.0"], curves: [{ metric: "score", values: [0.5] }] },
    {
      dataset: "smoke",
      versions: ["1.0.0", "2.0.0", "10.0.0"],
      curves: [
        { metric: "p95Ms", values: [null, 640, 700] },
        { metric: "score", values: [0.8, 0.9, 0.95] },
      ],
    },
  ]);
});

test("of several evaluations of a version the one that finished last counts, wherever it stands", () => {
  const all = [evaluation("1.0.0", "smoke", { score: 0.1 }, 1), evaluation("1.0.0", "smoke", { score: 0.9 }, 5)];
  for (const order of [all, all.toReversed()]) {
    expect(picturesOf(order, ["1.0.0"])[0]?.curves).toEqual([{ metric: "score", values: [0.9] }]);
  }
});

test("a value has the unit that its metric's name says", () => {
  expect([
    writerOf("p95Ms")(640),
    writerOf("costUsd")(0.0123),
    writerOf("score")(0.93),
    writerOf("costUsd")(null),
  ]).toEqual(["640 ms", "$0.0123", "0.93", "–"]);
  expect(["p95Ms", "costUsd", "score"].map(metricLabel)).toEqual(["p95", "cost", "score"]);
});
