import type { RouteMatch } from "./route.ts";

/**
 * Matching of requests to routes. Paths are compared as they stand in the request, byte for byte, without decoding
 * or resolving `..`: what decides the route is exactly what the instance receives.
 */

/** Headers as a flat list of names and values in the order received, names in any case. */
export type RawHeaders = readonly string[];

/** `/greeter/` and `/greeter` are the same prefix; `/` is the empty one. */
export function normalPrefix(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === SLASH) end -= 1;
  return path.slice(0, end);
}

/** The path of a request target in origin form: all before `?` (or `#`, which no client should send). */
export function pathOf(target: string): string {
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  const fragment = path.indexOf("#");
  return fragment === -1 ? path : path.slice(0, fragment);
}

/** Whether `prefix` (in normal form) covers `path` on a segment border: `/a` covers `/a` and `/a/b`, not `/ab`. */
export function prefixCovers(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH;
}

/** The target without the prefix that covers it, still beginning with a slash: `/a?x` without `/a` is `/?x`. */
export function stripPrefix(target: string, prefix: string): string {
  if (prefix === "") return target;
  const rest = target.slice(prefix.length);
  return rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
}

/** Orders routes by precedence: the longest prefix first, then the one with more conditions (the host is one). */
export function compareMatches(left: RouteMatch, right: RouteMatch): number {
  return (
    normalPrefix(right.path).length - normalPrefix(left.path).length || conditionCount(right) - conditionCount(left)
  );
}

function conditionCount({ host, headers, cookies }: RouteMatch): number {
  return (host === undefined ? 0 : 1) + Object.keys(headers ?? {}).length + Object.keys(cookies ?? {}).length;
}

/** The header in which a front proxy names the region of a caller, unless the setting says otherwise. */
export const REGION_HEADER = "x-sluice-region";

/** Conditions of a route or a pin, ready to be tested often. Names of headers in lower case. */
export interface Conditions {
  headers: readonly (readonly [name: string, value: string])[];
  cookies: readonly (readonly [name: string, value: string])[];
  /** The header to look at, and the region in lower case. */
  region: readonly [header: string, region: string] | null;
}

/** Null when there is nothing to test. `regionHeader` is the header that names the caller's region, in lower case. */
export function conditionsOf(
  wanted: { headers?: Record<string, string>; cookies?: Record<string, string>; region?: string },
  regionHeader = REGION_HEADER,
): Conditions | null {
  const headers = Object.entries(wanted.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const cookies = Object.entries(wanted.cookies ?? {});
  const region = wanted.region === undefined ? null : ([regionHeader, wanted.region.toLowerCase()] as const);
  return headers.length === 0 && cookies.length === 0 && region === null ? null : { headers, cookies, region };
}

/** Every condition must hold. A header sent several times matches by any of its values. */
export function conditionsHold(conditions: Conditions | null, raw: RawHeaders): boolean {
  if (conditions === null) return true;
  for (const [name, value] of conditions.headers) if (!hasHeader(raw, name, value)) return false;
  for (const [name, value] of conditions.cookies) if (cookieOf(raw, name) !== value) return false;
  if (conditions.region === null) return true;
  const [header, region] = conditions.region;
  return headerOf(raw, header)?.toLowerCase() === region;
}

function hasHeader(raw: RawHeaders, name: string, value: string): boolean {
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index + 1] === value && isName(raw[index], name)) return true;
  }
  return false;
}

/** The first header of that name (given in lower case); null when absent. */
export function headerOf(raw: RawHeaders, name: string): string | null {
  for (let index = 0; index < raw.length; index += 2) if (isName(raw[index], name)) return raw[index + 1] ?? null;
  return null;
}

/** The value of the first cookie of that name, without surrounding quotes; null when absent. */
export function cookieOf(raw: RawHeaders, name: string): string | null {
  for (let index = 0; index < raw.length; index += 2) {
    if (!isName(raw[index], "cookie")) continue;
    for (const pair of (raw[index + 1] ?? "").split(";")) {
      const equals = pair.indexOf("=");
      if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
      const value = pair.slice(equals + 1).trim();
      return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    }
  }
  return null;
}

const isName = (found: string | undefined, lower: string): boolean =>
  found !== undefined && found.length === lower.length && (found === lower || found.toLowerCase() === lower);

const SLASH = 47;
