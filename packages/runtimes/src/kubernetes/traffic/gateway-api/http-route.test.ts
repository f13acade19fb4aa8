import { FULL_WEIGHT } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { routeConfig, service, splitOf } from "../testing.ts";
import { httpRouteSpec, type RoutePlace } from "./http-route.ts";
import { splitOf as dealtBy } from "./route.observation.ts";

const place: RoutePlace = {
  gateway: { name: "web", namespace: "infra" },
  service,
  abilities: { sessionPersistence: false, mirrorShare: true },
  marked: false,
};
const specOf = (changes: Parameters<typeof routeConfig>[0], at: Partial<RoutePlace> = {}) =>
  httpRouteSpec(routeConfig(changes), { ...place, ...at });

test("a route with weights", () => {
  expect(specOf({ match: { host: "shop.example", path: "/greeter" }, split: splitOf(25) })).toEqual({
    parentRefs: [{ name: "web", namespace: "infra" }],
    hostnames: ["shop.example"],
    rules: [
      {
        matches: [{ path: { type: "PathPrefix", value: "/greeter" } }],
        filters: [
          { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
        ],
        backendRefs: [
          { name: "greeter-x7k2m-r1", port: 80, weight: 9_975 },
          { name: "greeter-x7k2m-r2", port: 80, weight: 25 },
        ],
        timeouts: { request: "90s" },
      },
    ],
  });
});

test("weights go there and back as they are, to the hundredth of a percent", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: FULL_WEIGHT }), (weight) => {
      const split = splitOf(weight).filter((entry) => entry.weight > 0);
      expect(dealtBy({ metadata: { name: "greeter" }, spec: specOf({ split: splitOf(weight) }) })).toEqual(split);
    }),
  );
});

describe("rules before the weights", () => {
  // edge case 49: the last rule alone deals by weight, so what a pin left behind would be seen
  test("pins and the preview lead to one revision each", () => {
    const { rules } = specOf({
      split: splitOf(500),
      pins: [{ revision: 2, headers: { "x-sluice-preview": "/next" } }],
      preview: { path: "/next", revision: 2 },
    });
    expect(
      rules.map(({ matches, backendRefs }) => [
        matches[0]?.path.value,
        matches[0]?.headers?.length,
        backendRefs.length,
      ]),
    ).toEqual([
      ["/next", undefined, 1],
      ["/greeter", 1, 1],
      ["/greeter", undefined, 2],
    ]);
  });

  test("a pin that contradicts the route has none", () => {
    const match = { path: "/", headers: { team: "a" } };
    expect(specOf({ match, pins: [{ revision: 2, headers: { team: "b" } }] }).rules).toHaveLength(1);
  });
});

describe("what not every cluster can do", () => {
  test("copies of a part of the requests", () => {
    const mirror = { revision: 2, weight: 1_250 };
    expect(specOf({ mirror }).rules[0]?.filters?.at(-1)).toEqual({
      type: "RequestMirror",
      requestMirror: {
        backendRef: { name: "greeter-x7k2m-r2", port: 80 },
        fraction: { numerator: 1_250, denominator: 10_000 },
      },
    });
    const abilities = { sessionPersistence: false, mirrorShare: false };
    expect(() => specOf({ mirror }, { abilities })).toThrow(/not 12.5 % of them/);
    expect(specOf({ mirror: { revision: 2, weight: FULL_WEIGHT } }, { abilities }).rules[0]?.filters).toHaveLength(2);
  });

  test("stickiness", () => {
    const stickiness = { by: "cookie" as const, name: "sluice" };
    expect(() => specOf({ stickiness })).toThrow(/no sessionPersistence/);
    const abilities = { sessionPersistence: true, mirrorShare: true };
    expect(specOf({ stickiness }, { abilities }).rules[0]?.sessionPersistence).toEqual({
      sessionName: "sluice",
      type: "Cookie",
    });
    expect(() => specOf({ stickiness: { by: "client" } }, { abilities })).toThrow(/by client/);
  });
});

// edge case 32
test("every backend is marked with its revision where figures could not be told apart otherwise", () => {
  const { rules } = specOf({ split: splitOf(500) }, { marked: true });
  expect(rules[0]?.backendRefs.map(({ filters }) => filters)).toEqual(
    ["1", "2"].map((value) => [
      { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "x-sluice-revision", value }] } },
    ]),
  );
});
