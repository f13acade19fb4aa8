import { invalidField } from "../errors.ts";
import type { Json } from "../json.ts";
import type { CollectorConfig } from "./pipeline.types.ts";

const WHOLE = /^\{\{\s*([\w.-]+)\s*\}\}$/;
const INSIDE = /\{\{\s*([\w.-]+)\s*\}\}/g;

/**
 * A configuration with `{{name}}` in its texts replaced: a text that is nothing else becomes the parameter's value, of
 * whatever type; inside a text it becomes its words. Throws `invalid_argument` for a name that is no parameter, and for a
 * value with `${`, by which a collector would read the node's variables and files.
 */
export function fillPlaceholders(
  config: CollectorConfig,
  parameters: Record<string, Json>,
  field: string,
): CollectorConfig {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, fill(value, parameters, field)]));
}

function fill(value: Json, parameters: Record<string, Json>, field: string): Json {
  if (Array.isArray(value)) return value.map((entry) => fill(entry, parameters, field));
  if (typeof value === "object" && value !== null) return fillPlaceholders(value, parameters, field);
  if (typeof value !== "string") return value;
  const [, whole] = WHOLE.exec(value) ?? [];
  if (whole !== undefined) return parameter(whole, parameters, field);
  return value.replace(INSIDE, (_, name: string) => {
    const found = parameter(name, parameters, field);
    return typeof found === "string" ? found : JSON.stringify(found);
  });
}

function parameter(name: string, parameters: Record<string, Json>, field: string): Json {
  const found = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (found === undefined)
    throw invalidField(`${field}.${name}`, found, "a value: the template's configuration names it");
  if (JSON.stringify(found).includes("${")) throw invalidField(`${field}.${name}`, found, "anything without ${");
  return found;
}
