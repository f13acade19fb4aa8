import { numberOf } from "./text.ts";

/** One parameter of a pipeline, as its JSON Schema says. */
export interface Parameter {
  name: string;
  form: "text" | "number" | "yesno" | "choice" | "lines" | "json";
  description: string;
  /** What holds where nothing is written, as text; empty: nothing. */
  preset: string;
  choices: string[];
}

type Properties = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The parameters that a schema names; null: it names none, and all are taken. */
export function parametersOf(schema: unknown): Parameter[] | null {
  if (!isObject(schema) || !isObject(schema.properties)) return null;
  return Object.entries(schema.properties).map(([name, value]) => {
    const property = isObject(value) ? value : {};
    const choices = Array.isArray(property.enum) ? property.enum.map(String) : [];
    return {
      name,
      form: formOf(property, choices),
      description: typeof property.description === "string" ? property.description : "",
      preset: property.default === undefined ? "" : textOf(property.default),
      choices,
    };
  });
}

function formOf({ type, items }: Properties, choices: readonly string[]): Parameter["form"] {
  if (choices.length > 0) return "choice";
  if (type === "string") return "text";
  if (type === "integer" || type === "number") return "number";
  if (type === "boolean") return "yesno";
  if (type === "array" && isObject(items) && items.type === "string") return "lines";
  return "json";
}

/** A value as it is written in a field. */
export const textOf = (value: unknown): string => {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return value.join("\n");
  return JSON.stringify(value) ?? "";
};

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** What is written, in the types that the schema asks for; what is left empty is not said. */
export function readParameters(written: Readonly<Record<string, string>>, parameters: readonly Parameter[]) {
  const read: Record<string, Json> = {};
  for (const { name, form } of parameters) {
    const text = written[name] ?? "";
    if (text.trim() === "") continue;
    read[name] = readOne(text, form);
  }
  return read;
}

function readOne(text: string, form: Parameter["form"]): Json {
  switch (form) {
    case "number":
      return numberOf(text);
    case "yesno":
      return text === "true";
    case "lines":
      return text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
    case "json":
      return jsonOrText(text);
    case "text":
    case "choice":
      return text.trim();
  }
}

/** A value as it is written where no schema says its type: `jsonOrText` reads it back. */
export const freeTextOf = (value: unknown): string =>
  typeof value === "string" && jsonOrText(value) === value ? value : (JSON.stringify(value) ?? "");

/** What is no JSON is a text; whether that is right is for the server to say. */
export function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
