import { expect, test } from "vitest";
import { parseStrategy } from "./strategy.ts";

test("a strategy is a type, a type with fields, or JSON", () => {
  expect(parseStrategy("immediate")).toEqual({ type: "immediate" });
  expect(parseStrategy("canary:initialPercentage=0.25,bakeSeconds=60,autoRollback=false")).toEqual({
    type: "canary",
    initialPercentage: 0.25,
    bakeSeconds: 60,
    autoRollback: false,
  });
  expect(parseStrategy('{"type":"canary","steps":[{"setWeight":5}]}')).toEqual({
    type: "canary",
    steps: [{ setWeight: 5 }],
  });
});

test.each([
  ["canry", `type is "canry"; expected 'immediate' | 'gradual' | 'canary'`],
  ["canary:initialPercentage=120", "initialPercentage is 120; too big: expected number to be <=100"],
  ["canary:bakeSecond=60", "bakeSecond is 60; no such field"],
  ['{"type":"canary","steps":[{"setWeight":5},{"setWeight":150}]}', "steps.1.setWeight is 150; too big"],
  ["{not json", "--strategy is not JSON"],
])("%s is refused with what is wrong about it", (text, message) => {
  expect(() => parseStrategy(text)).toThrow(message);
});
