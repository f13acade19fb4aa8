import { isDeepStrictEqual } from "node:util";

/**
 * What to merge into a status so that it says `after` and nothing else; null where it does already. The cluster gives members
 * back in an order of its own: texts of two statuses differ when they say the same.
 */
export function statusPatch(before: object | undefined, after: object): object | null {
  if (isDeepStrictEqual(before, after)) return null;
  const gone = Object.keys(before ?? {}).filter((member) => !Object.hasOwn(after, member));
  return { ...Object.fromEntries(gone.map((member) => [member, null])), ...after };
}
