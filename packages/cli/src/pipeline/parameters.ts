import type { Json } from "@sluice/core";
import { CliError, EXIT } from "../exit.ts";

/** The part of a template's JSON Schema that says of which type a parameter is. */
interface Typed {
  type?: unknown;
  items?: unknown;
}

/**
 * Parameters as they are written on a command line, `NAME=VALUE`, in the types that the template's schema asks for: lists
 * by commas. Without a schema a value is read as JSON where it is JSON, and is a text otherwise.
 *
 * @param properties the schema's `properties`; null when nobody knows it
 */
export function readParameters(
  written: Readonly<Record<string, string>>,
  properties: Readonly<Record<string, unknown>> | null,
): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(written).map(([name, text]) => [name, readValue(name, text, typedOf(properties?.[name]))]),
  );
}

const typedOf = (schema: unknown): Typed | null => (typeof schema === "object" && schema !== null ? schema : null);

function readValue(name: string, text: string, schema: Typed | null): Json {
  switch (schema?.type) {
    case "string":
      return text;
    case "array":
      return text === "" ? [] : text.split(",").map((entry) => readValue(name, entry, typedOf(schema.items)));
    case "integer":
    case "number":
      return numberOf(name, text);
    case "boolean":
      if (text === "true" || text === "false") return text === "true";
      throw unreadable(name, text, "true or false");
    default:
      return jsonOrText(text);
  }
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw unreadable(name, text, "a number");
  return value;
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const unreadable = (name: string, text: string, expected: string): CliError =>
  new CliError(EXIT.usage, `--param ${name} is ${JSON.stringify(text)}; expected ${expected}`);
