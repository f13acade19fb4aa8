import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/**
 * SHA-256 over the canonical JSON (RFC 8785) of a value, as `sha256:<hex>`. The same content has the same digest
 * whatever library wrote it and in whatever order its keys stood (edge case 41).
 */
export function digestOf(value: unknown): string {
  return `sha256:${createHash("sha256").update(canonicalJson(value)).digest("hex")}`;
}

/** RFC 8785. Keys whose value is undefined are left out, as JSON does. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("only JSON values have a canonical form");
  return text;
}
