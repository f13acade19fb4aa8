import { readFileSync } from "node:fs";
import { isGatewayMetric, strategySchema } from "@sluice/core";
import { expect, test } from "vitest";

const guide = readFileSync("docs/guides/analysis.md", "utf8");
const examples = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) =>
  strategySchema.parse(JSON.parse(text ?? "")),
);

test("the strategies of the guide are such as a deployment takes", () => {
  expect(examples).toHaveLength(2);
});

test("the guide shows every source that there is", () => {
  const outside = examples.flatMap(({ analysis }) => analysis.metrics).filter((metric) => !isGatewayMetric(metric));
  const sources = outside.flatMap((metric) => ("source" in metric ? [metric.source.type] : []));
  expect(new Set(sources)).toEqual(new Set(["evaluations", "file", "prometheus", "webhook"]));
});
