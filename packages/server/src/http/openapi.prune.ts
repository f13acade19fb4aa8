import type { OpenAPIV3_1 } from "openapi-types";

type Document = Partial<OpenAPIV3_1.Document>;

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g;

/** Each named zod schema comes in a form for input and one for output; what no operation refers to is left out. */
export function dropUnusedSchemas(document: Document): Document {
  const { schemas = {}, ...components } = document.components ?? {};
  const used = new Set<string>();
  const pending = referencesIn({ ...document, components });
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    pending.push(...referencesIn(schemas[name]));
  }
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return { ...document, components: { ...components, schemas: Object.fromEntries(kept) } };
}

const referencesIn = (part: unknown): string[] =>
  [...(JSON.stringify(part) ?? "").matchAll(REFERENCE)].flatMap(([, name]) => name ?? []);
