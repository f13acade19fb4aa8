import { describe, expect, test } from "vitest";
import {
  type Caller,
  findLocation,
  goesToCanary,
  type Ingress,
  type Location,
  locationsOf,
  rewritten,
} from "./rules.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

function ingress(name: string, service: string, path: string, annotations: Record<string, string> = {}): Ingress {
  const named = Object.entries(annotations).map(([key, value]) => [`${PREFIX}${key}`, value]);
  const pathType = path.includes("(") ? ("ImplementationSpecific" as const) : ("Prefix" as const);
  const paths = [{ path, pathType, backend: { service: { name: service, port: { number: 80 } } } }];
  return {
    metadata: { name, namespace: "shop", annotations: Object.fromEntries(named) },
    spec: { ingressClassName: "nginx", rules: [{ http: { paths } }] },
  };
}

const canary = (annotations: Record<string, string>, path = "/web"): Ingress =>
  ingress("canary", "fresh", path, { canary: "true", ...annotations });

const caller = (path: string, headers: Caller["headers"] = {}): Caller => ({ host: "any", path, headers });

function only(ingresses: Ingress[]): Location {
  const [location] = locationsOf(ingresses);
  if (location === undefined) throw new Error("nothing is served");
  return location;
}

describe("a canary", () => {
  test("belongs to the main Ingress of its host and path, and is nothing without one", () => {
    const main = ingress("main", "old", "/web");
    expect(only([main, canary({})]).canary).toMatchObject({ service: "fresh", ingress: "canary" });
    expect(only([main, canary({}, "/other")]).canary).toBeNull();
    expect(locationsOf([canary({})])).toEqual([]);
    expect(only([main, ingress("canary", "old", "/web", { canary: "true" })]).canary).toBeNull();
  });

  test("is one: another for the same path is left aside", () => {
    const second = ingress("canary-2", "newest", "/web", { canary: "true" });
    expect(only([ingress("main", "old", "/web"), canary({}), second]).canary?.service).toBe("fresh");
  });

  const goes = (annotations: Record<string, string>, headers: Caller["headers"], draw = 0.5): boolean =>
    goesToCanary(only([ingress("main", "old", "/web"), canary(annotations)]), caller("/web", headers), draw);

  test("gets its weight of a hundred, or of the total that is told", () => {
    const share = { "canary-weight": "25" };
    expect([goes(share, {}, 0.2499), goes(share, {}, 0.25)]).toEqual([true, false]);
    const exact = { "canary-weight": "25", "canary-weight-total": "10000" };
    expect([goes(exact, {}, 0.0024), goes(exact, {}, 0.0025)]).toEqual([true, false]);
    expect([goes({ "canary-weight": "0" }, {}, 0), goes({ "canary-weight": "100" }, {}, 0.9999)]).toEqual([
      false,
      true,
    ]);
    expect(goes({}, {}, 0)).toBe(false);
  });

  test.each<[string, Record<string, string>, Record<string, string>, boolean]>([
    ["always in its header", { "canary-by-header": "X-Beta" }, { "x-beta": "always" }, true],
    ["never in its header", { "canary-by-header": "X-Beta", "canary-weight": "100" }, { "x-beta": "never" }, false],
    [
      "anything else in its header",
      { "canary-by-header": "X-Beta", "canary-weight": "100" },
      { "x-beta": "yes" },
      true,
    ],
    [
      "its header's value",
      { "canary-by-header": "X-Beta", "canary-by-header-value": "yes" },
      { "x-beta": "yes" },
      true,
    ],
    ["another value", { "canary-by-header": "X-Beta", "canary-by-header-value": "yes" }, { "x-beta": "always" }, false],
    ["a value with no header", { "canary-by-header-value": "yes" }, { "x-beta": "yes" }, false],
    [
      "its pattern",
      { "canary-by-header": "X-Region", "canary-by-header-pattern": "^(?i:eu)$" },
      { "x-region": "EU" },
      true,
    ],
    ["always in its cookie", { "canary-by-cookie": "beta" }, { cookie: "a=b; beta=always" }, true],
    ["never in its cookie", { "canary-by-cookie": "beta", "canary-weight": "100" }, { cookie: "beta=never" }, false],
    [
      "its header before its cookie",
      { "canary-by-header": "X-Beta", "canary-by-cookie": "beta" },
      { "x-beta": "always", cookie: "beta=never" },
      true,
    ],
  ])("is decided by %s", (_, annotations, headers, expected) => {
    expect(goes(annotations, headers)).toBe(expected);
  });
});

describe("a path", () => {
  const rewriting = { "use-regex": "true", "rewrite-target": "/$2" };

  test("is a prefix on the borders of segments, and the longest comes first", () => {
    const locations = locationsOf([ingress("short", "a", "/web"), ingress("long", "b", "/web/next")]);
    const at = (path: string): string | null => findLocation(locations, caller(path))?.ingress ?? null;
    expect([at("/web"), at("/web/x"), at("/web/next"), at("/website"), at("/")]).toEqual([
      "short",
      "short",
      "long",
      null,
      null,
    ]);
  });

  test("may be a regular expression whose parts are put into what is asked for", () => {
    const location = only([ingress("main", "old", "/web(/|$)(.*)", rewriting)]);
    const asked = (path: string): string | null => findLocation([location], caller(path)) && rewritten(location, path);
    expect([asked("/web"), asked("/web/a/b"), asked("/website")]).toEqual(["/", "/a/b", null]);
    expect(rewritten(only([ingress("main", "old", "/web")]), "/web/a")).toBe("/web/a");
  });
});
