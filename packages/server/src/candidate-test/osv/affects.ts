import semver from "semver";
import { type Component, ecosystemFamily, normalName } from "./component.ts";
import type { OsvAffected, OsvEntry } from "./osv.schema.ts";
import { comparePep440 } from "./pep440.ts";

/** `unknown`: the entry is about the package, but its versions are in an order that is not known here. */
export type Affected = "yes" | "no" | "unknown";

type Compare = (left: string, right: string) => number | null;

/** Which parts of the entry are about the component's package. */
export const partsAbout = (entry: OsvEntry, { ecosystem, name }: Omit<Component, "version">): OsvAffected[] =>
  (entry.affected ?? []).filter(
    ({ package: about }) =>
      about != null && ecosystemFamily(about.ecosystem) === ecosystem && normalName(ecosystem, about.name) === name,
  );

/**
 * Whether this version of the package is affected: it is listed, or lies in a range, as OSV's evaluation algorithm says
 * (https://ossf.github.io/osv-schema/#evaluation). Ranges of type SEMVER, and ECOSYSTEM for npm and PyPI, are compared; others
 * are `unknown` unless the version is listed.
 */
export function affects(part: OsvAffected, component: Component): Affected {
  if (part.versions?.includes(component.version)) return "yes";
  let result: Affected = "no";
  for (const { type, events } of part.ranges ?? []) {
    if (type === "GIT") continue;
    const compare = comparerOf(type, component.ecosystem);
    const inside = compare === null ? null : within(component.version, events, compare);
    if (inside === true) return "yes";
    if (inside === null) result = "unknown";
  }
  return result;
}

/** Null: the order of these versions is not known here. */
function comparerOf(type: string, ecosystem: string): Compare | null {
  if (type === "SEMVER" || ecosystem === "npm") return compareSemver;
  return ecosystem === "PyPI" ? comparePep440 : null;
}

/** Loose: a leading `v`, as Go writes it, is let pass. Null for what is no semantic version. */
function compareSemver(left: string, right: string): number | null {
  const [one, other] = [semver.parse(left, { loose: true }), semver.parse(right, { loose: true })];
  return one === null || other === null ? null : one.compare(other);
}

type Event = NonNullable<OsvAffected["ranges"]>[number]["events"][number];

/** Null when a version cannot be compared. */
function within(version: string, events: readonly Event[], compare: Compare): boolean | null {
  const bounds: { at: string; kind: "introduced" | "fixed" | "last" | "limit" }[] = events.flatMap((event) => [
    ...(event.introduced === undefined ? [] : [{ at: event.introduced, kind: "introduced" as const }]),
    ...(event.fixed === undefined ? [] : [{ at: event.fixed, kind: "fixed" as const }]),
    ...(event.last_affected === undefined ? [] : [{ at: event.last_affected, kind: "last" as const }]),
    ...(event.limit === undefined || event.limit === "*" ? [] : [{ at: event.limit, kind: "limit" as const }]),
  ]);
  let since: string | null = null;
  let inside = false;
  const order = (left: string, right: string): number | null => {
    if (left === "0" || right === "0") return left === right ? 0 : left === "0" ? -1 : 1;
    return compare(left, right);
  };
  // The last introduction not above the version decides, unless an end lies between the two.
  for (const { at, kind } of bounds) {
    const place = order(version, at);
    if (place === null) return null;
    if (kind !== "introduced" || place < 0) continue;
    const later = since === null ? 1 : order(at, since);
    if (later === null) return null;
    if (later >= 0) since = at;
    inside = true;
  }
  if (!inside || since === null) return false;
  for (const { at, kind } of bounds) {
    if (kind === "introduced") continue;
    const [place, fromStart] = [order(version, at), order(at, since)];
    if (place === null || fromStart === null) return null;
    const ended = kind === "last" ? place > 0 : place >= 0;
    const relevant = kind === "last" ? fromStart >= 0 : fromStart > 0 || kind === "limit";
    if (ended && relevant) return false;
  }
  return true;
}
