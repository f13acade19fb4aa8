import { type EnvironmentSpec, environmentSchema, routeSchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { memberRoute } from "./member.route.ts";

const cluster = { type: "kubernetes", name: "cluster", context: "far", traffic: { type: "replicas" } };
const environment: EnvironmentSpec = environmentSchema.parse({
  targets: [cluster, { type: "process", name: "here" }, { type: "docker", name: "there" }],
});
const route = routeSchema.parse({ path: "/shop", headers: { "x-team": "a" } });
const at = (name: string) => {
  const target = environment.targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  return memberRoute(route, target, environment);
};

describe("the way to one of several targets", () => {
  test("is the route as it was asked for in a cluster that deals its callers itself, beside others of that address", () => {
    expect(at("cluster")).toEqual({ settings: route, plane: "kubernetes far" });
  });

  test("is the route for the first behind our gateway, and asks the others' callers to name them", () => {
    expect(at("here")).toEqual({ settings: route });
    expect(at("there").settings.headers).toEqual({ "x-team": "a", "x-sluice-target": "there" });
  });
});
