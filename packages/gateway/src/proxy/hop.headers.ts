/**
 * Headers that concern one connection only and are never passed on (RFC 9110 §7.6.1), in either direction. What
 * `Connection` lists comes on top. Names in lower case.
 */
export function isHopByHop(name: string): boolean {
  switch (name) {
    case "connection":
    case "keep-alive":
    case "proxy-connection":
    case "proxy-authenticate":
    case "proxy-authorization":
    case "te":
    case "transfer-encoding":
    case "upgrade":
      return true;
    default:
      return false;
  }
}

/** Names that a `Connection` header lists, in lower case; null for the usual values that list none. */
export function listedByConnection(value: string): string[] | null {
  if (value === "keep-alive" || value === "close") return null;
  const listed = value
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "keep-alive" && name !== "close");
  return listed.length === 0 ? null : listed;
}

/** A flat list of headers without those names. */
export function without(headers: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? "";
    if (!names.includes(name.toLowerCase())) kept.push(name, headers[index + 1] ?? "");
  }
  return kept;
}
