import { expect, test } from "vitest";
import { PLAIN_ENVIRONMENT } from "../environments/environment.testing.ts";
import { strategiesFor, takesOf, usualStrategy } from "./kind.ts";
import type { StrategyType } from "./types.ts";

test("what happens when nothing is said depends on the tier, on whether something serves, and on what is allowed", () => {
  const production = { ...PLAIN_ENVIRONMENT, tier: "production" as const };
  const allowedStrategies: StrategyType[] = ["blue-green"];
  const strict = { ...production, protection: { ...production.protection, allowedStrategies } };
  expect(usualStrategy(production, true)).toBe("canary");
  expect(usualStrategy(production, false)).toBe("immediate");
  expect(usualStrategy(PLAIN_ENVIRONMENT, true)).toBe("immediate");
  expect(usualStrategy(strict, true)).toBe("blue-green");
});

test("only strategies that the environment allows and the kind can have are offered", () => {
  expect(strategiesFor(["canary", "shadow"], takesOf("application"))).toEqual(["canary", "shadow"]);
  expect(strategiesFor(null, takesOf("prompt"))).not.toContain("shadow");
});

test("what answers on no port has no route", () => {
  expect(takesOf("application", "stream").route).toBe(false);
  expect(takesOf("application", "service").route).toBe(true);
});
