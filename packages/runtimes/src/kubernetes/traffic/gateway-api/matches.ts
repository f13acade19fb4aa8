import { MOST_COOKIES, REGION_HEADER, type RouteConfig, type RouteMatch, SluiceError } from "@sluice/core";
import type { HeaderMatch } from "./http-route.types.ts";

/** What a rule asks of a request besides its path. */
export type Asked = Pick<RouteMatch, "headers" | "cookies"> & { region?: string | undefined };

/**
 * The conditions of a route and of a pin together, as header matches; null when no request can meet both. Gateway API looks at the
 * first match of a header's name alone, so each name stands once.
 */
export function headerMatches(
  route: Asked,
  pin: Asked,
  { regionHeader = REGION_HEADER }: Pick<RouteConfig, "regionHeader"> = {},
): HeaderMatch[] | null {
  const headers = united(lowerCased(route.headers), lowerCased(pin.headers));
  const cookies = united(route.cookies, pin.cookies);
  if (headers === null || cookies === null) return null;
  const exact = Object.entries(headers).map(([name, value]) => ({ name, type: "Exact" as const, value }));
  return [
    ...exact,
    ...(pin.region === undefined ? [] : [regionMatch(regionHeader, pin.region)]),
    ...(Object.keys(cookies).length === 0 ? [] : [cookieMatch(cookies)]),
  ];
}

/** Null when both name the same thing and want different values. */
function united(left: Record<string, string> = {}, right: Record<string, string> = {}): Record<string, string> | null {
  const differ = Object.entries(right).some(([name, value]) => (left[name] ?? value) !== value);
  return differ ? null : { ...left, ...right };
}

const lowerCased = (headers: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const regionMatch = (name: string, region: string): HeaderMatch => ({
  name,
  type: "RegularExpression",
  value: `^(?i:${escaped(region)})$`,
});

/**
 * All cookies of a request come in one header, so that header has to match a pattern. Patterns of Gateway API's implementations cannot look
 * ahead: of several cookies every order is spelled out.
 */
function cookieMatch(cookies: Record<string, string>): HeaderMatch {
  const wanted = Object.entries(cookies).map(
    ([name, value]) => `${escaped(name)}=("${escaped(value)}"|${escaped(value)})`,
  );
  if (wanted.length > MOST_COOKIES)
    throw new SluiceError(
      "failed_precondition",
      `more than ${MOST_COOKIES} cookies at once cannot be matched by Gateway API`,
    );
  const orders = permutations(wanted).map((order) => order.join(" *; *(.*; *)?"));
  return { name: "cookie", type: "RegularExpression", value: `^(.*; *)?(${orders.join("|")}) *(;.*)?$` };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

function permutations(items: readonly string[]): string[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}
