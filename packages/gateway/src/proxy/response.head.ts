import type { IncomingHttpHeaders } from "node:http";
import { isHopByHop, listedByConnection, without } from "./hop.headers.ts";

/** The header that tells which revision answered: for people, tests and caches' logs. */
export const REVISION_HEADER = "x-sluice-revision";

/** What the caller receives of an instance's headers, as a flat list; `Trailer` stays, for those are passed on. */
export function responseHeaders(headers: IncomingHttpHeaders, revision: string): string[] {
  const flat: string[] = [];
  let listed: string[] | null = null;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || name === REVISION_HEADER) continue;
    if (isHopByHop(name)) {
      if (name === "connection") listed = listedByConnection(typeof value === "string" ? value : value.join(","));
      continue;
    }
    if (typeof value === "string") flat.push(name, value);
    else for (const one of value) flat.push(name, one);
  }
  flat.push(REVISION_HEADER, revision);
  return listed === null ? flat : without(flat, listed);
}

/** Whether a flat list of headers says how long the body is. */
export function hasLength(head: readonly string[]): boolean {
  for (let index = 0; index < head.length; index += 2) if (head[index] === "content-length") return true;
  return false;
}

/** A reason phrase as it may be passed on: instances can send bytes in it that HTTP does not allow, and nobody needs it. */
export const sendableReason = (reason: string): string => (/^[\t\x20-\x7e\x80-\xff]*$/.test(reason) ? reason : "");

/** What `103 Early Hints` passes on. */
export function linksOf({ link }: IncomingHttpHeaders): { link: string | string[] } {
  return { link: link ?? [] };
}

/** Trailers as a list of names and values. */
export function trailersOf(trailers: IncomingHttpHeaders): [string, string][] {
  return Object.entries(trailers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );
}
