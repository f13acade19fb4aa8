import { describe, expect, test } from "vitest";
import { configSchema, routeSchema } from "./config.schema.ts";

const refused = (schema: typeof configSchema | typeof routeSchema, input: unknown): string[] =>
  schema.safeParse(input).error?.issues.map((issue) => issue.path.join(".")) ?? [];

describe("a deployment's configuration", () => {
  test("is complete without a word from the user", () => {
    expect(configSchema.parse({})).toEqual({
      replicas: 1,
      env: {},
      parameters: {},
      resources: {},
      scaling: null,
      healthCheck: { path: null, intervalSeconds: 1, timeoutSeconds: 1, retries: 3 },
      progressDeadlineSeconds: 600,
      stopSeconds: 30,
    });
  });

  test.each([
    [{ replicas: -1 }, "replicas"],
    [{ replicas: 1.5 }, "replicas"],
    [{ healthCheck: { intervalSeconds: -1 } }, "healthCheck.intervalSeconds"],
    [{ healthCheck: { path: "healthz" } }, "healthCheck.path"],
    [{ env: { "A B": "x" } }, "env.A B"],
    [{ env: { PORT: "80" } }, "env.PORT"],
    [{ env: { SLUICE_REVISION: "7" } }, "env.SLUICE_REVISION"],
    [{ resources: { limits: { memory: "much" } } }, "resources.limits.memory"],
    [{ scaling: { min: 5, max: 2 } }, "scaling.min"],
  ])("%j is refused at %s", (input, field) => {
    expect(refused(configSchema, input)).toEqual([field]);
  });
});

describe("a route", () => {
  test("drops a slash at the end and strips its prefix unless told otherwise", () => {
    expect(routeSchema.parse({ path: "/greeter/" })).toMatchObject({ path: "/greeter", stripPrefix: true });
    expect(routeSchema.parse({ path: "/" }).path).toBe("/");
  });

  test.each(["greeter", "/a?b", "/a b", "/a#b"])("'%s' is no path", (path) => {
    expect(refused(routeSchema, { path })).toEqual(["path"]);
  });

  test("a path that climbs out of its prefix is refused", () => {
    expect(refused(routeSchema, { path: "/a/../b" })).toEqual(["path"]);
  });
});
