import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { type IgnoredPlaces, jsonDifference } from "@sluice/core";

/** Bodies longer than this, packed or unpacked, are not compared. */
export const COMPARED_BODY_BYTES = 262_144;

/** How much of a body a difference shows, in bytes; two bodies are shown. */
const SHOWN = 30;

const UNPACKERS = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
};

/** A body as it would be without `Content-Encoding`; null when that is unknown, damaged or too long. */
export async function unpacked(body: Buffer, encoding: string): Promise<Buffer | null> {
  const name = encoding.toLowerCase();
  if (name === "" || name === "identity" || body.length === 0) return body;
  if (!Object.hasOwn(UNPACKERS, name)) return null;
  const unpack = UNPACKERS[name as keyof typeof UNPACKERS];
  return unpack(body, { maxOutputLength: COMPARED_BODY_BYTES }).catch(() => null);
}

/** The first difference of two bodies as JSON documents; those that are none are compared byte by byte. */
export function differenceAsJson(stable: Buffer, candidate: Buffer, ignored: IgnoredPlaces): string | null {
  if (stable.equals(candidate)) return null;
  const [left, right] = [parsed(stable), parsed(candidate)];
  if (left === NOT_JSON && right === NOT_JSON) return differenceInBytes(stable, candidate);
  if (left === NOT_JSON || right === NOT_JSON) {
    return `the body is ${left === NOT_JSON ? "no " : ""}JSON against ${right === NOT_JSON ? "no " : ""}JSON`;
  }
  return jsonDifference(left, right, ignored);
}

/** Where two bodies begin to differ, with a few bytes of each; null when they are equal. */
export function differenceInBytes(stable: Buffer, candidate: Buffer): string | null {
  if (stable.equals(candidate)) return null;
  let at = 0;
  while (at < stable.length && at < candidate.length && stable[at] === candidate[at]) at += 1;
  const shown = (body: Buffer): string =>
    at >= body.length ? "its end" : JSON.stringify(body.toString("latin1", at, at + SHOWN)).slice(0, 40);
  return `byte ${at}: ${shown(stable)} against ${shown(candidate)}`;
}

const NOT_JSON = Symbol("not JSON");

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return NOT_JSON;
  }
}
