import Mustache, { type TemplateSpans } from "mustache";
import { PLACEHOLDER_NAME } from "./variable.schema.ts";

/** A template cut into pieces: text as it stands, and names of variables with where they begin. */
export type TemplatePart = { text: string } | { name: string; start: number };

/** What cannot be a template, at a place that people can count: lines and columns begin at 1. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  /** What stands there. */
  readonly found: string;

  constructor(found: string, place: string, allowed: string) {
    super(`${place}: ${allowed}`);
    this.found = found;
  }
}

const OPENING = "{{";
const SHOWN = 40;

/**
 * The pieces of a template in the syntax of Mustache, of which only plain variables are taken: `{{name}}`. Text without
 * `{{` is one piece. Throws `TemplateError` for all else that Mustache knows (sections, partials, comments, other
 * delimiters), and for braces that are not closed.
 */
export function parseTemplate(text: string): TemplatePart[] {
  if (!text.includes(OPENING)) return text === "" ? [] : [{ text }];
  return tokensOf(text).map(([type, value, start]): TemplatePart => {
    if (type === "text") return { text: value };
    if (type === "name" && PLACEHOLDER_NAME.test(value)) return { name: value, start };
    throw new TemplateError(text.slice(start, start + SHOWN), placeOf(text, start), ALLOWED);
  });
}

const ALLOWED =
  "`{{name}}` with a name of letters, digits and '_', and nothing else in double braces; for text with braces of its own, `template: none`";

function tokensOf(text: string): [type: string, value: string, start: number][] {
  try {
    // A writer of its own, with its cache: prompts must not pile up in the one that is shared.
    const spans: TemplateSpans = new Mustache.Writer().parse(text);
    return spans.map(([type, value, start]) => [type, String(value), Number(start)]);
  } catch {
    // Mustache names a place only for some of what it refuses; the last opening is where it gave up.
    const start = text.lastIndexOf(OPENING);
    throw new TemplateError(text.slice(start, start + SHOWN), placeOf(text, start), ALLOWED);
  }
}

/** The names in a template, each once, in the order in which they first stand there. */
export const placeholdersOf = (parts: readonly TemplatePart[]): string[] => [
  ...new Set(parts.flatMap((part) => ("name" in part ? [part.name] : []))),
];

/** `line 3, column 7`, in characters as JavaScript counts them. */
export function placeOf(text: string, index: number): string {
  const before = text.slice(0, index);
  const line = before.split("\n").length;
  return `line ${line}, column ${index - before.lastIndexOf("\n")}`;
}
