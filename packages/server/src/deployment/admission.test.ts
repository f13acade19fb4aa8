import { configSchema, environmentSchema, SluiceError, strategySchema } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admitConfig, admitRegions, admitStrategy } from "./admission.ts";

const environment = (spec: object = {}) => environmentSchema.parse(spec);
const strategy = (type: string) => strategySchema.parse({ type });

describe("the strategy of a change", () => {
  test.each([
    ["production", true, "canary"],
    ["production", false, "immediate"],
    ["staging", true, "immediate"],
    ["custom", true, "immediate"],
  ])("in tier %s, something serving: %s, is %s by default", (tier, serving, type) => {
    expect(admitStrategy(undefined, environment({ tier }), { name: "here", serving }).type).toBe(type);
  });

  test("is the given one wherever the environment allows it", () => {
    const open = environment({ tier: "production" });
    expect(admitStrategy(strategy("shadow"), open, { name: "here", serving: true }).type).toBe("shadow");
    const strict = environment({ protection: { allowedStrategies: ["shadow"] } });
    expect(() => admitStrategy(strategy("ab"), strict, { name: "here", serving: true })).toThrow(
      'strategy.type is "ab"; allowed: what environment here allows: shadow',
    );
  });

  test("by default is never one that the environment forbids", () => {
    const types = ["immediate", "gradual", "canary", "blue-green", "shadow", "ab"];
    fc.assert(
      fc.property(fc.subarray(types, { minLength: 1 }), fc.boolean(), (allowedStrategies, serving) => {
        const here = environment({ tier: "production", protection: { allowedStrategies } });
        expect(allowedStrategies).toContain(admitStrategy(undefined, here, { name: "here", serving }).type);
      }),
    );
  });
});

describe("a configuration", () => {
  test("is moved into the bounds of its own scaling", () => {
    const admit = (replicas: number) =>
      admitConfig(configSchema.parse({ replicas, scaling: { min: 2, max: 4 } }), environment(), "here").replicas;
    expect([1, 2, 4, 9].map(admit)).toEqual([2, 2, 4, 4]);
  });

  test("is told everything that is too much at once", () => {
    const config = configSchema.parse({
      replicas: 0,
      resources: { requests: { memory: "4Gi", cpu: "3" }, limits: { memory: "3Gi", cpu: "2500m" } },
    });
    const error = caught(() => admitConfig(config, environment(), "here"));
    expect(error.violations.map((violation) => violation.field)).toEqual([
      "config.resources.requests.memory",
      "config.resources.requests.cpu",
      "config.resources.limits.memory",
      "config.resources.limits.cpu",
      "config.resources.requests.memory",
      "config.resources.requests.cpu",
      "config.replicas",
    ]);
  });
});

test("regions bind every target, one without a region too", () => {
  const regional = (target: object) =>
    environment({ targets: [{ type: "process", ...target }], protection: { regions: ["eu"] } });
  expect(() => admitRegions(regional({ region: "eu" }), "here")).not.toThrow();
  expect(() => admitRegions(regional({ region: "us" }), "here")).toThrow("is in us");
  expect(() => admitRegions(regional({}), "here")).toThrow("is in no named region");
});

function caught(work: () => unknown): SluiceError {
  try {
    work();
  } catch (error) {
    if (error instanceof SluiceError) return error;
  }
  throw new Error("was admitted");
}
