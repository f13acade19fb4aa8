import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { configSchema } from "./deployment/config.schema.ts";
import { SluiceError } from "./errors.ts";
import { strategySchema } from "./strategy/strategy.schema.ts";
import { parseField } from "./validate.ts";

function refusal(parse: () => unknown): SluiceError {
  try {
    parse();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

const KINDS = "immediate, gradual, canary, blue-green, shadow, ab";

test.each([
  [{ type: "canry" }, "strategy.type", "canry", `one of ${KINDS}`],
  [{ type: "canary", steps: [{ setWeight: 200 }] }, "strategy.steps[0].setWeight", 200, "at most 100"],
  [{ type: "canary", steps: [{ wait: { seconds: -1 } }] }, "strategy.steps[0].wait.seconds", -1, "at least 0"],
  [{ type: "canary", steps: [{ setWeight: 5, extra: 1 }] }, "strategy.steps[0].extra", 1, "one of setWeight"],
  [
    { type: "canary", steps: [{ setWieght: 5 }] },
    "strategy.steps[0]",
    { setWieght: 5 },
    "exactly one of setWeight, wait, analyze, mirror, match, scale, switch, hook",
  ],
  [{ type: "gradual", intervalSeconds: 1.5 }, "strategy.intervalSeconds", 1.5, "a whole number"],
  [{ type: "immediate", autoRollback: "yes" }, "strategy.autoRollback", "yes", "true or false"],
  [{ type: "canary", steps: [] }, "strategy.steps", [], "at least 1 entry"],
  [
    { type: "canary", steps: [{ hook: { url: "ftp://x/y" } }] },
    "strategy.steps[0].hook.url",
    "ftp://x/y",
    "an address such as https://example.com/path",
  ],
  [5, "strategy", 5, "an object"],
])("%j: the violation names field, found and allowed", (input, field, found, allowed) => {
  const error = refusal(() => parseField(strategySchema, input, "strategy"));
  expect(error.code).toBe("invalid_argument");
  expect(error.violations).toEqual([{ field, found, allowed }]);
});

test("every bad field is told at once, and the message is about the first", () => {
  const error = refusal(() =>
    parseField(configSchema, { replicas: "2", env: { PORT: "1" }, replica: 3, healthCheck: { pth: "/" } }, "config"),
  );
  expect(error.message).toBe('config.replicas is "2"; allowed: a number (and 3 more)');
  expect(error.violations.map(({ field, found }) => [field, found])).toEqual([
    ["config.replicas", "2"],
    ["config.env.PORT", "1"],
    ["config.healthCheck.pth", "/"],
    ["config.replica", 3],
  ]);
  expect(error.violations[3]?.allowed).toContain("replicas, env, parameters");
});

test("whatever the value, it is read or refused with at least one violation", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(configSchema, strategySchema), (value, schema) => {
      try {
        parseField(schema, value, "field");
      } catch (error) {
        expect(error).toBeInstanceOf(SluiceError);
        if (error instanceof SluiceError) expect(error.violations.length).toBeGreaterThan(0);
      }
    }),
  );
});

test("what two schemas of one value say alike is said once", () => {
  const both = z.object({ context: z.record(z.string(), z.unknown()).and(z.object({ key: z.string() })) });
  expect(refusal(() => parseField(both, {})).message).toBe("context is missing; allowed: an object");
  expect(refusal(() => parseField(both, { context: {} })).violations).toEqual([
    { field: "context.key", found: undefined, allowed: "a text" },
  ]);
});

test.each([
  [z.email(), "an address such as ops@example.com"],
  [z.url(), "an address such as https://example.com/path"],
  [z.iso.datetime(), "a time such as 2026-11-21T10:00:00Z"],
  [z.iso.date(), "a day such as 2026-11-21"],
])("a text that has not the form is told one that has (%#)", (schema, allowed) => {
  expect(refusal(() => parseField(schema, "?", "when")).violations).toEqual([{ field: "when", found: "?", allowed }]);
});
