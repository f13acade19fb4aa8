import type { FieldViolation } from "../errors.ts";
import { invalidArgument } from "../validate.ts";
import { type PromptContent, withTexts } from "./content.ts";
import { parseTemplate } from "./template.ts";
import { fits, type PromptVariable } from "./variable.schema.ts";

/** Values for a prompt's variables, by name. */
export type PromptValues = Readonly<Record<string, unknown>>;

/**
 * The prompt with every `{{name}}` replaced by its value, or by the variable's default. A value is never looked at again: braces
 * in it stay braces. Throws `invalid_argument` naming every variable that is missing, unknown, or of another type; `field` is
 * where the values stand in what the user wrote. A prompt without variables is answered as it is.
 */
export function renderPrompt<Content extends PromptContent>(
  content: Content,
  values: PromptValues,
  field = "variables",
): Content {
  const declared = content.variables ?? [];
  const wrong = wrongValues(declared, values, field);
  if (wrong.length > 0) throw invalidArgument(wrong);
  if (declared.length === 0) return content;
  const texts = new Map(declared.map((variable) => [variable.name, textOf(variable, values)]));
  return withTexts(content, (template) =>
    parseTemplate(template)
      .map((part) => ("name" in part ? (texts.get(part.name) ?? "") : part.text))
      .join(""),
  );
}

const givenOr = ({ name, default: fallback }: PromptVariable, values: PromptValues): unknown =>
  Object.hasOwn(values, name) ? values[name] : fallback;

function textOf(variable: PromptVariable, values: PromptValues): string {
  const value = givenOr(variable, values);
  if (value === undefined) return "";
  return typeof value === "string" && variable.type !== "json" ? value : (JSON.stringify(value) ?? "");
}

function wrongValues(declared: readonly PromptVariable[], values: PromptValues, field: string): FieldViolation[] {
  const names = declared.map(({ name }) => name);
  const unknown = Object.keys(values).filter((name) => !names.includes(name));
  const allowed = names.length === 0 ? "nothing: the prompt declares no variables" : `one of ${names.join(", ")}`;
  return [
    ...declared.flatMap((variable): FieldViolation[] => {
      const { name, type = "string", required = true } = variable;
      const value = givenOr(variable, values);
      if (value === undefined) {
        if (!required) return [];
        return [{ field: `${field}.${name}`, found: undefined, allowed: TYPE_WORDS[type] }];
      }
      return fits(type, value) ? [] : [{ field: `${field}.${name}`, found: value, allowed: TYPE_WORDS[type] }];
    }),
    ...unknown.map((name) => ({ field: `${field}.${name}`, found: values[name], allowed })),
  ];
}

const TYPE_WORDS: Readonly<Record<NonNullable<PromptVariable["type"]>, string>> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  json: "any JSON value",
};
