import { conditionsHold, conditionsOf, cookieOf } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HeaderMatch } from "./http-route.types.ts";
import { headerMatches } from "./matches.ts";

/** As implementations do: names in any case, every match must hold, patterns cover the whole value. */
function holds(matches: readonly HeaderMatch[], headers: readonly string[]): boolean {
  const firstOf = (name: string): string | undefined => {
    for (let index = 0; index < headers.length; index += 2)
      if (headers[index]?.toLowerCase() === name) return headers[index + 1];
    return undefined;
  };
  return matches.every(({ name, type, value }) => {
    const found = firstOf(name);
    if (found === undefined) return false;
    return type === "Exact" ? found === value : new RegExp(`^(?:${value})$`).test(found);
  });
}

const token = fc.stringMatching(/^[a-z$.()*+?|^-]{1,6}$/);
const value = fc.stringMatching(/^[\w$.()*+?|^{}[\]\\/-]{1,8}$/);
const jar = fc.uniqueArray(fc.tuple(token, value), { minLength: 1, maxLength: 6, selector: ([name]) => name });
const written = (cookies: readonly (readonly [string, string])[], separator: string): string =>
  cookies.map(([name, text]) => `${name}=${text}`).join(separator);

describe("cookies", () => {
  test("are found among others, in any order, as our gateway finds them", () => {
    fc.assert(
      fc.property(
        jar,
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom("; ", ";", " ; "),
        (cookies, wanted, separator) => {
          const asked = Object.fromEntries(cookies.toReversed().slice(0, wanted));
          const header = ["Cookie", written(cookies, separator)];
          expect(conditionsHold(conditionsOf({ cookies: asked }), header)).toBe(true);
          expect(holds(headerMatches({}, { cookies: asked }) ?? [], header)).toBe(true);
        },
      ),
    );
  });

  test("with another value, or of which one is missing, are not found", () => {
    fc.assert(
      fc.property(jar, token, value, (cookies, name, text) => {
        const header = ["Cookie", written(cookies, "; ")];
        fc.pre(cookieOf(header, name) !== text);
        const present = Object.fromEntries(cookies.slice(0, 1));
        expect(holds(headerMatches({}, { cookies: { [name]: text } }) ?? [], header)).toBe(false);
        expect(holds(headerMatches({}, { cookies: { ...present, [name]: text } }) ?? [], header)).toBe(false);
      }),
    );
  });

  test("are no part of longer names or values", () => {
    const matches = headerMatches({}, { cookies: { beta: "on" } }) ?? [];
    for (const cookies of ["alphabeta=on", "beta=only", "x=beta=on2", "beta=off; x=on"])
      expect(holds(matches, ["cookie", cookies])).toBe(false);
    expect(holds(matches, ["cookie", 'a=1; beta="on"; c=3'])).toBe(true);
  });

  test("more than three at once are refused", () => {
    const cookies = { a: "1", b: "1", c: "1", d: "1" };
    expect(() => headerMatches({}, { cookies })).toThrow(/more than 3 cookies/);
  });
});

test("a region is matched in any case, by the header that the server was told", () => {
  const matches = headerMatches({}, { region: "EU.west" }, { regionHeader: "cf-region" }) ?? [];
  expect(holds(matches, ["CF-Region", "eu.WEST"])).toBe(true);
  expect(holds(matches, ["cf-region", "euxwest"])).toBe(false);
});

test("each header's name stands once, and what nobody can meet is no rule", () => {
  expect(headerMatches({ headers: { team: "a" } }, { headers: { Team: "a", beta: "1" } })).toEqual([
    { name: "team", type: "Exact", value: "a" },
    { name: "beta", type: "Exact", value: "1" },
  ]);
  expect(headerMatches({ headers: { team: "a" } }, { headers: { team: "b" } })).toBeNull();
});
