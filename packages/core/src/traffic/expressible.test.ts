import { describe, expect, test } from "vitest";
import { routeSchema } from "../deployment/config.schema.ts";
import { type ClusterTraffic, clusterTrafficSchema } from "../environment/target.schema.ts";
import { strategySchema } from "../strategy/strategy.schema.ts";
import { inexpressible, type PlaneAbilities } from "./expressible.ts";

const traffic = (type: ClusterTraffic["type"]): ClusterTraffic =>
  clusterTrafficSchema.parse(type === "gateway-api" ? { type, gateway: { name: "web" } } : { type });

interface Asked {
  settings?: object;
  strategy?: object;
  replicas?: number;
  abilities?: PlaneAbilities;
}

const found = (type: ClusterTraffic["type"], asked: Asked) =>
  inexpressible({
    traffic: traffic(type),
    route: routeSchema.parse({ path: "/greeter", ...asked.settings }),
    strategy: strategySchema.parse(asked.strategy ?? { type: "canary" }),
    replicas: asked.replicas ?? 20,
    ...(asked.abilities && { abilities: asked.abilities }),
  });
const told = (type: ClusterTraffic["type"], asked: Asked): string[] => found(type, asked).map(({ message }) => message);

const matching = (...matches: object[]) => ({ type: "canary", steps: matches.map((match) => ({ match })) });

test("our gateway can do everything", () => {
  expect(told("sluice", { settings: { stickiness: { by: "client" } }, replicas: 1 })).toEqual([]);
});

test.each(["gateway-api", "ingress-nginx", "replicas"] as const)("a plain canary can be done by %s", (type) => {
  expect(told(type, { strategy: { type: "canary", initialPercentage: 10 } })).toEqual([]);
});

describe("Gateway API", () => {
  test.each([
    ["stickiness by client", { settings: { stickiness: { by: "client" } } }, /by client/],
    ["a path with a hidden slash", { settings: { path: "/a%2Fb" } }, /path \/a%2Fb/],
    ["a path with a dot", { settings: { path: "/a/./b" } }, /path/],
    ["four cookies", { strategy: matching({ cookie: { a: "1", b: "1", c: "1", d: "1" } }) }, /cookies at once/],
    ["an empty header", { strategy: matching({ header: { beta: "" } }) }, /empty value/],
    [
      "a cookie without the means",
      { settings: { stickiness: { by: "cookie" } }, abilities: { sessionPersistence: false, mirrorShare: true } },
      /sessionPersistence/,
    ],
    [
      "a part of the copies without the means",
      {
        strategy: { type: "shadow", mirrorPercentage: 12.5 },
        abilities: { sessionPersistence: false, mirrorShare: false },
      },
      /not 12.5 %/,
    ],
  ])("refuses %s", (_, wish, message) => {
    expect(told("gateway-api", wish)).toContainEqual(expect.stringMatching(message));
  });

  test("sends copies, and says that nobody compares them", () => {
    expect(found("gateway-api", { strategy: { type: "shadow", mirrorPercentage: 10 } })).toEqual([
      { message: expect.stringMatching(/neither measured nor compared/), grave: false },
    ]);
  });
});

describe("ingress-nginx", () => {
  test.each([
    ["two conditions at once", { strategy: matching({ header: { beta: "1", team: "a" } }) }, /a match step has 2/],
    [
      "a cookie with a value of its own",
      { strategy: matching({ cookie: { beta: "yes" } }) },
      /"always" alone, not "yes"/,
    ],
    ["a route with headers", { settings: { headers: { team: "a" } } }, /host and path alone/],
    ["a mirror", { strategy: { type: "shadow", mirrorPercentage: 100 } }, /cannot copy/],
    ["stickiness by header", { settings: { stickiness: { by: "header", name: "x-user" } } }, /by header/],
  ])("refuses %s", (_, wish, message) => {
    expect(told("ingress-nginx", wish)).toContainEqual(expect.stringMatching(message));
  });

  test.each([
    ["one header", { header: { beta: "1" } }],
    ["one cookie", { cookie: { beta: "always" } }],
    ["a region", { region: "eu" }],
  ])("can match by %s", (_, match) => {
    expect(told("ingress-nginx", { strategy: matching(match) })).toEqual([]);
  });

  test("can show the candidate of a blue-green rollout", () => {
    expect(told("ingress-nginx", { strategy: { type: "blue-green", previewRoute: "/next" } })).toEqual([]);
  });
});

describe("replicas", () => {
  test.each([
    [
      "a weight that the pods cannot give",
      { replicas: 4, strategy: { type: "canary", initialPercentage: 5 } },
      /^5 % needs 19 replicas .* 4 can give 20 %, 25 %/,
    ],
    [
      "a holdback that they cannot",
      { replicas: 4, strategy: { type: "immediate", holdbackPercentage: 1 } },
      /^99 % needs/,
    ],
    ["stickiness", { settings: { stickiness: { by: "cookie" } } }, /keeps nobody/],
    ["a host", { settings: { host: "a.example" } }, /matches nothing/],
    ["a match", { strategy: matching({ header: { beta: "1" } }) }, /match step/],
    ["a mirror", { strategy: { type: "shadow", mirrorPercentage: 100 } }, /copies no requests/],
  ])("refuses %s", (_, wish, message) => {
    expect(told("replicas", wish)).toContainEqual(expect.stringMatching(message));
  });
});
