import { configSchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { CONFIG_DEFAULTS, configOf, createBody, draftFrom, lean, updateBody } from "./draft.ts";
import { takesOf } from "./kind.ts";
import type { PresentConfig } from "./types.ts";

/** With every default, by way of JSON as an answer comes. */
const asAnswered = (config: object): PresentConfig => JSON.parse(JSON.stringify(configSchema.parse(config)));

const APPLICATION = takesOf("application");
const begin = { name: "greeter", path: "/greeter" };
const present = asAnswered({
  replicas: 2,
  env: { MODE: "good", OLD: "1" },
  secrets: { KEY: { name: "api-key", version: 3 }, TOKEN: { name: "token", version: 1 } },
  resources: { limits: { memory: "256Mi", gpu: "1" } },
  scaling: { min: 1, max: 4, targetMemory: 70 },
  healthCheck: { path: "/healthz", retries: 5 },
  stopSeconds: 60,
});
const wanted = { project: "default", artifact: "greeter", version: "1.1.0", environment: "production" };

test("what the API takes where nothing is said is what it says itself", () => {
  expect(configSchema.parse({})).toEqual(CONFIG_DEFAULTS);
  expect(lean(asAnswered({}))).toEqual({});
});

describe("a new deployment", () => {
  test("says what was written, and nothing else", () => {
    const began = draftFrom(undefined, begin);
    const draft = { ...began, replicas: "3", health: { ...began.health, path: "/healthz" } };
    const config = configOf(draft, APPLICATION, { base: undefined, parameters: {} });
    expect(createBody(draft, APPLICATION, { ...wanted, config })).toEqual({
      ...wanted,
      name: "greeter",
      config: { replicas: 3, healthCheck: { path: "/healthz" } },
      route: { path: "/greeter" },
    });
  });

  test("of a prompt has neither instances nor a route", () => {
    const draft = draftFrom(undefined, begin);
    const takes = takesOf("prompt");
    const config = configOf(draft, takes, { base: undefined, parameters: {} });
    expect(createBody(draft, takes, { ...wanted, config })).toEqual({ ...wanted, name: "greeter", config: {} });
  });
});

describe("a deployment that is there", () => {
  const draft = draftFrom(present, begin);

  test("stays as it is while nothing is written, whatever has no field of its own", () => {
    const config = configOf(draft, APPLICATION, { base: present, parameters: {} });
    expect(config).toEqual(present);
    expect(updateBody(draft, present, { ...wanted, config })).toEqual({ version: "1.1.0" });
  });

  test("is told what differs: what goes is null, and another secret means its newest value", () => {
    const changed = {
      ...draft,
      replicas: "4",
      variables: draft.variables.filter(({ name }) => name !== "OLD"),
      secrets: draft.secrets.map((pair) => (pair.name === "KEY" ? { ...pair, value: "other-key" } : pair)),
      scaling: null,
      limits: { ...draft.limits, memory: "512Mi" },
    };
    const config = configOf(changed, APPLICATION, { base: present, parameters: {} });
    expect(updateBody(changed, present, { ...wanted, config }).config).toEqual({
      replicas: 4,
      env: { OLD: null },
      secrets: { KEY: "other-key" },
      scaling: null,
      resources: { limits: { memory: "512Mi" } },
    });
  });
});
