import { configSchema, VERSION_SPECS } from "@sluice/core";
import { expect, test } from "vitest";
import { ADMISSION } from "./admission.ts";

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
