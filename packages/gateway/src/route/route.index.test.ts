import type { RouteMatch } from "@sluice/core";
import { compareMatches, conditionsHold, conditionsOf, normalPrefix, prefixCovers } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { routeConfig } from "../testing/route.fixture.ts";
import { CompiledRoute } from "./compiled.route.ts";
import { RouteIndex } from "./route.index.ts";

const compile = (match: RouteMatch, index: number): CompiledRoute => {
  const config = routeConfig({ id: `dep_${index}`, match });
  return new CompiledRoute(config, config.split, [], null);
};

describe("the index of routes", () => {
  test("finds nothing when there is nothing", () => {
    expect(new RouteIndex().find("a", "/", [])).toBeNull();
  });

  test("answers as if every route were tried in the order of precedence", () => {
    const segment = fc.constantFrom("a", "b", "ab", "");
    const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
    const match: fc.Arbitrary<RouteMatch> = fc.record(
      {
        path,
        host: fc.constantFrom("one", "two"),
        headers: fc.constantFrom({ x: "1" }, { x: "1", y: "2" }),
      },
      { requiredKeys: ["path"] },
    );
    const raw = fc.constantFrom([], ["X", "1"], ["x", "1", "Y", "2"]);
    fc.assert(
      fc.property(
        fc.array(match, { maxLength: 8 }),
        fc.constantFrom("one", "two", "three"),
        path,
        raw,
        (matches, host, asked, headers) => {
          const routes = matches.map(compile);
          const expected = routes
            .map(({ config }) => config)
            .sort((left, right) => compareMatches(left.match, right.match))
            .find(
              (config) =>
                (config.match.host === undefined || config.match.host === host) &&
                prefixCovers(normalPrefix(config.match.path), asked) &&
                conditionsHold(conditionsOf(config.match), headers),
            );
          expect(new RouteIndex(routes).find(host, asked, headers)?.id).toBe(expected?.id);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("a very long path costs no more than the longest prefix", () => {
    const index = new RouteIndex([compile({ path: "/a" }, 1)]);
    expect(index.find("x", `/a${"/b".repeat(100_000)}`, [])?.id).toBe("dep_1");
    expect(index.find("x", "/".repeat(100_000), [])).toBeNull();
  });
});
