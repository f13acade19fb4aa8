import { expect, test } from "vitest";
import { notNumbers, numberOf, pairsOf, valuesOf } from "./text.ts";

test("a field without a number is named as the server would name it", () => {
  const body = {
    config: { replicas: numberOf(" "), env: { A: "x" } },
    strategy: { steps: [{ setWeight: numberOf("5") }, { wait: { seconds: numberOf("soon") } }] },
    route: null,
  };
  expect(notNumbers(body)).toEqual(["config.replicas", "strategy.steps[1].wait.seconds"]);
});

test("names with values are written in lines, and a line without a name is not meant yet", () => {
  const lines = [...pairsOf({ MODE: "good" }), { key: "new", name: " ", value: "x" }];
  expect(valuesOf(lines)).toEqual({ MODE: "good" });
});
