import type { RawHeaders } from "@sluice/core";
import { isHopByHop, listedByConnection, without } from "./hop.headers.ts";
import { isTraceparent, newTraceparent } from "./trace.context.ts";

/**
 * By which a caller says that its request is for one deployment alone: another one that has the address by now does not get
 * it, and the answer names the instance that gave it.
 */
export const ONLY_HEADER = "x-sluice-only";

/** What one pass over a request's headers finds. */
export interface RequestHead {
  /** Host without port, lower case; empty when the request names none. */
  host: string;
  /** What the instance receives, as a flat list. */
  headers: string[];
  hasBody: boolean;
  /** The only deployment (its id) that the request is for, and which is to be told of itself; null: whichever has the address. */
  only: string | null;
  /** Why the request must be refused (a sentence), or null. */
  fault: string | null;
}

/**
 * Reads and rewrites the headers of a request in one pass: hop-by-hop ones go, `X-Forwarded-For` is appended to,
 * `X-Forwarded-Proto` and `-Host` are set (what a caller claims there, or about the revision, is not believed),
 * `traceparent` is made when absent. `authority` is the host of a target in absolute form, which overrides `Host` (RFC 9112 §3.2.2).
 */
export function readRequestHead(raw: RawHeaders, client: string, authority: string | null): RequestHead {
  const head: RequestHead = { host: "", headers: [], hasBody: false, only: null, fault: null };
  let { headers } = head;
  let host = authority;
  let hosts = 0;
  let forwardedFor = "";
  let traced = false;
  let listed: string[] | null = null;

  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    const lower = name.toLowerCase();
    switch (lower) {
      case "host":
        hosts += 1;
        host ??= value;
        continue;
      case "connection": {
        const names = listedByConnection(value);
        if (names !== null) listed = listed === null ? names : listed.concat(names);
        continue;
      }
      case "content-length":
        if (value !== "0") head.hasBody = true;
        break;
      case "transfer-encoding":
        head.hasBody = true;
        continue;
      case "x-forwarded-for":
        forwardedFor += `${value}, `;
        continue;
      case "x-forwarded-proto":
      case "x-forwarded-host":
      case "expect":
      // What only the gateway may say of itself and of what it does.
      case "x-sluice-revision":
      case "x-sluice-version":
      case "x-sluice-deployment":
      case "x-sluice-mirror":
        continue;
      case ONLY_HEADER:
        head.only = value;
        continue;
      case "traceparent":
        if (traced || !isTraceparent(value)) continue;
        traced = true;
        break;
      default:
        if (isHopByHop(lower)) continue;
    }
    headers.push(name, value);
  }

  if (listed !== null) headers = head.headers = without(headers, listed);
  if (hosts > 1) head.fault = "the request names more than one Host";
  if (host !== null) {
    head.host = hostName(host);
    headers.push("host", host, "x-forwarded-host", host);
  }
  headers.push("x-forwarded-for", forwardedFor + client, "x-forwarded-proto", "http");
  if (!traced) headers.push("traceparent", newTraceparent());
  return head;
}

/** The host name of a `Host` header: without port, lower case. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(":");
  const named = colon > host.lastIndexOf("]") ? host.slice(0, colon) : host;
  return named.toLowerCase();
}

/** Safe methods, which may be sent again after a connection was cut (RFC 9110 §9.2). */
export function isRepeatable({ method }: { method?: string | undefined }): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

/** A request target as origin form and authority; null when it is none that a gateway serves. */
export function readTarget(target: string): { target: string; authority: string | null } | null {
  if (target.charCodeAt(0) === SLASH) return { target, authority: null };
  const scheme = /^https?:\/\//i.exec(target);
  if (scheme === null) return null;
  const rest = target.slice(scheme[0].length);
  const end = rest.search(/[/?#]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const path = end === -1 ? "/" : rest.slice(end);
  if (authority === "" || authority.includes("@")) return null;
  return { target: path.charCodeAt(0) === SLASH ? path : `/${path}`, authority };
}

const SLASH = 47;
