import type { IncomingHttpHeaders } from "node:http";
import { isHopByHop, listedByConnection, without } from "./hop.headers.ts";

/** The header that tells which revision answered: for people, tests and caches' logs. */
export const REVISION_HEADER = "x-sluice-revision";

/** The header that tells which instance answered, for whoever asked for one deployment alone. It stands last: an instance may say what it likes. */
export const INSTANCE_HEADER = "x-sluice-instance";

/** Headers as node:http and undici give them, as a flat list. */
export function flatHeaders(headers: IncomingHttpHeaders): string[] {
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") flat.push(name, value);
    else if (value !== undefined) for (const one of value) flat.push(name, one);
  }
  return flat;
}

/** A flat list as an object; of several values of one name the last. */
export const headersOf = (flat: readonly string[]): IncomingHttpHeaders => Object.fromEntries(pairsOf(flat));

/** What the caller receives of an instance's headers, flat with names in lower case; `Trailer` stays, for those are passed on. */
export function responseHeaders(headers: readonly string[], revision: string): string[] {
  const flat: string[] = [];
  let listed: string[] | null = null;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? "";
    const value = headers[index + 1] ?? "";
    if (name === "connection") {
      const names = listedByConnection(value);
      if (names !== null) listed = listed === null ? names : listed.concat(names);
    } else if (name !== REVISION_HEADER && !isHopByHop(name)) flat.push(name, value);
  }
  flat.push(REVISION_HEADER, revision);
  return listed === null ? flat : without(flat, listed);
}

/** Whether a flat list of headers says how long the body is. */
function hasLength(head: readonly string[]): boolean {
  for (let index = 0; index < head.length; index += 2) if (head[index] === "content-length") return true;
  return false;
}

/** A reason phrase as it may be passed on: instances can send bytes in it that HTTP does not allow, and nobody needs it. */
export const sendableReason = (reason: string): string => (/^[\t\x20-\x7e\x80-\xff]*$/.test(reason) ? reason : "");

/** What `103 Early Hints` passes on. */
export const linksOf = (flat: readonly string[]): { link: string[] } => ({
  link: pairsOf(flat).flatMap(([name, value]) => (name === "link" ? [value] : [])),
});

/** A flat list as pairs of names and values. */
export function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return pairs;
}

/** Whether an answer without a length is to be given one: those to HEAD, and those that have no body, are left as they are. */
export const wantsLength = (method: string | undefined, status: number, head: readonly string[]): boolean =>
  method !== "HEAD" && status !== 204 && status !== 304 && !hasLength(head);
