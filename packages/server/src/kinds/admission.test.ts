import { configSchema, type StrategyInput, strategySchema, VERSION_SPECS } from "@sluice/core";
import { expect, test } from "vitest";
import { ADMISSION, VERSION_ADMISSION } from "./admission.ts";

test("a prompt has nothing behind a route", () => {
  const config = configSchema.parse({});
  const route = {
    path: "/p",
    stripPrefix: true,
    stickiness: { by: "none" },
    timeouts: { connectMs: 1, responseMs: 1, idleMs: 1 },
  } as const;
  const prompt = { artifact: "greeting", spec: VERSION_SPECS.prompt.parse({ text: "Hello" }), config };
  expect(() => ADMISSION.prompt({ ...prompt, route })).toThrow("a prompt has no instances");
  expect(() => ADMISSION.prompt(prompt)).not.toThrow();
  const program = { artifact: "greeter", spec: VERSION_SPECS.application.parse({ command: ["greet"] }), config };
  expect(() => ADMISSION.application({ ...program, route })).not.toThrow();
});

test("a prompt is never copied: shadows, mirrors and preview addresses are refused by name", () => {
  const spec = VERSION_SPECS.prompt.parse({ text: "Hello" });
  const asked = (input: StrategyInput) => () =>
    ADMISSION.prompt({
      artifact: "greeting",
      spec,
      config: configSchema.parse({}),
      strategy: strategySchema.parse(input),
    });
  expect(asked({ type: "shadow" })).toThrow('strategy.type is "shadow"');
  expect(asked({ type: "canary", steps: [{ setWeight: 5 }, { mirror: { percentage: 5 } }] })).toThrow(
    "strategy.steps[1]",
  );
  expect(asked({ type: "blue-green", previewRoute: "/look" })).toThrow("strategy.previewRoute");
  for (const type of ["immediate", "gradual", "canary", "blue-green", "ab"] as const)
    expect(asked({ type })).not.toThrow();
});

test("a version of a prompt is asked for its templates, those of other kinds are not", () => {
  expect(() => VERSION_ADMISSION.prompt(VERSION_SPECS.prompt.parse({ text: "Hello {{name}}" }))).toThrow("spec.text");
  expect(() => VERSION_ADMISSION.agent(VERSION_SPECS.agent.parse({ command: ["a", "{{b}}"] }))).not.toThrow();
});
