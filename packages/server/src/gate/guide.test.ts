import { readFileSync } from "node:fs";
import { metricUnit } from "@sluice/core";
import { expect, test } from "vitest";
import { compileGateCel } from "./gate.cel.ts";

const guide = readFileSync(new URL("../../../../docs/guides/gates.md", import.meta.url), "utf8");

const expressions = [...guide.matchAll(/```cel\n([\s\S]*?)\n```/g)].map(([, expression = ""]) => expression);

test("the guide has expressions", () => expect(expressions.length).toBeGreaterThan(3));

test.each(expressions)("the guide's expression compiles: %s", (expression) => {
  expect(() => compileGateCel(expression, "expression", (metric) => metricUnit(metric) !== null, "")).not.toThrow();
});
