import { compareMatches, conditionsHold, type RawHeaders } from "@sluice/core";
import type { CompiledRoute } from "./compiled.route.ts";

/**
 * Finds the route of a request. Built anew for every change and swapped in one assignment, so that a request sees the
 * routes of before or of after, never a mixture.
 */
export class RouteIndex {
  /** By exact host, then by prefix: the candidates, most conditions first. Routes for any host stand in every map. */
  readonly #byHost = new Map<string, Map<string, CompiledRoute[]>>();
  readonly #anyHost: Map<string, CompiledRoute[]>;
  readonly #longest: number;

  constructor(routes: Iterable<CompiledRoute> = []) {
    const sorted = [...routes].sort((left, right) => compareMatches(left.config.match, right.config.match));
    const hosts = new Set(sorted.flatMap(({ config }) => (config.match.host === undefined ? [] : [config.match.host])));
    for (const host of hosts) {
      const covering = sorted.filter(({ config }) => config.match.host === undefined || config.match.host === host);
      this.#byHost.set(host, byPrefix(covering));
    }
    this.#anyHost = byPrefix(sorted.filter(({ config }) => config.match.host === undefined));
    this.#longest = Math.max(0, ...sorted.map(({ prefix }) => prefix.length));
  }

  /** `host` without port in lower case; `path` as it stands in the request. The longest prefix is tried first. */
  find(host: string, path: string, raw: RawHeaders): CompiledRoute | null {
    const routes = (this.#byHost.size === 0 ? undefined : this.#byHost.get(host)) ?? this.#anyHost;
    let end = path.length;
    // A prefix cannot be longer than the longest one there is: begin at the last border that could matter.
    if (end > this.#longest) end = path[this.#longest] === "/" ? this.#longest : path.lastIndexOf("/", this.#longest);
    while (end >= 0) {
      const found = routes.get(path.slice(0, end));
      if (found !== undefined) {
        for (const route of found) if (conditionsHold(route.conditions, raw)) return route;
      }
      if (end === 0) break;
      end = path.lastIndexOf("/", end - 1);
    }
    return null;
  }
}

function byPrefix(routes: readonly CompiledRoute[]): Map<string, CompiledRoute[]> {
  const map = new Map<string, CompiledRoute[]>();
  for (const route of routes) {
    const same = map.get(route.prefix);
    if (same === undefined) map.set(route.prefix, [route]);
    else same.push(route);
  }
  return map;
}
