import type { Pin } from "../traffic/route.ts";

/** What an application says of whom it asks for: attributes by name. */
export type EvaluationContext = Readonly<Record<string, unknown>>;

type Attributes = ReadonlyMap<string, string>;

/**
 * Attributes ready to be compared: names in lower case, values as text. Numbers and truth values are compared by how they are
 * written; lists and objects match nothing.
 */
export function attributesOf(context: EvaluationContext): Attributes {
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(context)) {
    if (typeof value === "string") attributes.set(name.toLowerCase(), value);
    else if (typeof value === "number" || typeof value === "boolean") attributes.set(name.toLowerCase(), String(value));
  }
  return attributes;
}

/**
 * Whether a rule that was written for requests holds for a context: a header or a cookie is the attribute of that name, in any
 * case of the name, with exactly that value; a region is the attribute `region`, in any case. A rule without conditions
 * holds for nobody: it would be a weight.
 */
export function pinHolds({ headers = {}, cookies = {}, region }: Pin, attributes: Attributes): boolean {
  const wanted = [...Object.entries(headers), ...Object.entries(cookies)];
  if (wanted.length === 0 && region === undefined) return false;
  if (wanted.some(([name, value]) => attributes.get(name.toLowerCase()) !== value)) return false;
  return region === undefined || attributes.get("region")?.toLowerCase() === region.toLowerCase();
}
