type Json = Readonly<Record<string, unknown>>;

/** The JSON Merge Patch (RFC 7396) that makes `to` of `from`: what differs, and null for what has to go. */
export function mergePatchBetween(from: Json, to: Json): Json {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const before = from[key];
    const after = to[key];
    if (after === undefined) {
      if (before !== undefined && before !== null) patch[key] = null;
    } else if (isObject(before) && isObject(after)) {
      const inner = mergePatchBetween(before, after);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (JSON.stringify(before) !== JSON.stringify(after)) {
      patch[key] = after;
    }
  }
  return patch;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
