import { canonicalJson } from "./digest.ts";

export interface Change {
  /** JSON Pointer (RFC 6901) of the value. */
  path: string;
  change: "added" | "removed" | "changed";
  from?: unknown;
  to?: unknown;
}

/** What differs between two JSON documents, deepest values first named by their pointer; arrays are compared by index. */
export function diff(from: unknown, to: unknown, path = ""): Change[] {
  if (from === undefined && to === undefined) return [];
  if (from === undefined) return [{ path, change: "added", to }];
  if (to === undefined) return [{ path, change: "removed", from }];
  if (isContainer(from) && isContainer(to) && Array.isArray(from) === Array.isArray(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => diff(valueAt(from, key), valueAt(to, key), `${path}/${escapePointer(key)}`));
  }
  return canonicalJson(from) === canonicalJson(to) ? [] : [{ path, change: "changed", from, to }];
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

const valueAt = (container: object, key: string): unknown =>
  Object.hasOwn(container, key) ? Reflect.get(container, key) : undefined;

const escapePointer = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
