import { describe, expect, test } from "vitest";
import {
  compareMatches,
  conditionsHold,
  conditionsOf,
  cookieOf,
  normalPrefix,
  pathOf,
  prefixCovers,
  stripPrefix,
} from "./match.ts";

describe("prefixes", () => {
  test.each([
    ["/greeter", "/greeter", true],
    ["/greeter", "/greeter/x", true],
    ["/greeter", "/greeter/", true],
    ["/greeter", "/greeters", false],
    ["/greeter", "/greet", false],
    ["/greeter", "/Greeter", false],
    ["/greeter", "/%67reeter", false],
    ["", "/anything", true],
    ["", "/", true],
  ])("%s covers %s: %s", (prefix, path, covers) => {
    expect(prefixCovers(prefix, path)).toBe(covers);
  });

  test.each([
    ["/greeter/x?y=1", "/greeter", "/x?y=1"],
    ["/greeter", "/greeter", "/"],
    ["/greeter?y=1", "/greeter", "/?y=1"],
    ["/greeter/", "/greeter", "/"],
    ["/x", "", "/x"],
  ])("%s without %s is %s", (target, prefix, rest) => {
    expect(stripPrefix(target, prefix)).toBe(rest);
  });

  test("a trailing slash does not make another prefix", () => {
    expect([normalPrefix("/a/"), normalPrefix("/a"), normalPrefix("/")]).toEqual(["/a", "/a", ""]);
  });

  test("the path ends where the query begins", () => {
    expect([pathOf("/a/b?c=/d"), pathOf("/a#b?c"), pathOf("/")]).toEqual(["/a/b", "/a", "/"]);
  });
});

describe("precedence", () => {
  test("the longest prefix comes first, then the route with more conditions", () => {
    const any = { path: "/" };
    const short = { path: "/a", headers: { x: "1", y: "2" } };
    const long = { path: "/a/b" };
    const longWithHost = { path: "/a/b/", host: "example.org" };
    const longWithMore = { path: "/a/b", host: "example.org", cookies: { beta: "1" } };
    const sorted = [any, short, long, longWithHost, longWithMore].sort(compareMatches);
    expect(sorted).toEqual([longWithMore, longWithHost, long, short, any]);
  });
});

describe("conditions", () => {
  const raw = ["X-Beta", "no", "x-beta", "yes", "Cookie", 'a=1; group="blue"; empty=', "cookie", "second=2"];

  test("a header matches by any of its values, in any case of its name", () => {
    expect(conditionsHold(conditionsOf({ headers: { "X-BETA": "yes" } }), raw)).toBe(true);
    expect(conditionsHold(conditionsOf({ headers: { "x-beta": "Yes" } }), raw)).toBe(false);
  });

  test("all conditions must hold", () => {
    expect(conditionsHold(conditionsOf({ headers: { "x-beta": "yes" }, cookies: { a: "2" } }), raw)).toBe(false);
    expect(conditionsHold(conditionsOf({ headers: { "x-beta": "yes" }, cookies: { a: "1" } }), raw)).toBe(true);
  });

  test("no conditions hold for every request", () => {
    expect(conditionsOf({ headers: {} })).toBeNull();
    expect(conditionsHold(null, [])).toBe(true);
  });

  test("a region is compared in any case, in the header that names it", () => {
    const caller = ["X-Sluice-Region", "EU-west", "x-edge", "us"];
    expect(conditionsHold(conditionsOf({ region: "eu-West" }), caller)).toBe(true);
    expect(conditionsHold(conditionsOf({ region: "eu" }), caller)).toBe(false);
    expect(conditionsHold(conditionsOf({ region: "US" }, "x-edge"), caller)).toBe(true);
    expect(conditionsHold(conditionsOf({ region: "eu-west" }), raw)).toBe(false);
    expect(conditionsHold(conditionsOf({ region: "us", headers: { "x-edge": "eu" } }, "x-edge"), caller)).toBe(false);
  });

  test("cookies are found in every cookie header, quoted or empty", () => {
    expect(["a", "group", "empty", "second", "roup", "b"].map((name) => cookieOf(raw, name))).toEqual([
      "1",
      "blue",
      "",
      "2",
      null,
      null,
    ]);
  });
});
