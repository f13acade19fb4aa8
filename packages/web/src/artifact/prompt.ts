import { SluiceError } from "@sluice/core/errors";
import { type PromptContent, type PromptVariable, renderPrompt } from "@sluice/core/prompt";

/** The content of a version as it was registered: the server has checked it. */
export const contentOf = (spec: Readonly<Record<string, unknown>>): PromptContent => ({ parameters: {}, ...spec });

/** What the fields of variables hold, by name. */
export type Texts = Readonly<Record<string, string>>;

/** A value's text as it stands in its field. */
export const fieldText = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** Values for what was filled in; a field that is empty gives none. Texts are texts, and all else is read as JSON. */
export function valuesOf(variables: readonly PromptVariable[], texts: Texts): Record<string, unknown> {
  const given = variables.flatMap(({ name, type = "string" }): [string, unknown][] => {
    const text = texts[name] ?? "";
    if (text === "") return [];
    return [[name, type === "string" ? text : readJson(text)]];
  });
  return Object.fromEntries(given);
}

/** Text that is no JSON stays text, and is refused as what it is. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface Preview {
  /** What a model would get; null where variables are missing or of another type. */
  messages: { role: string; text: string }[] | null;
  /** What is wrong with a variable, by its name. */
  problems: Record<string, string>;
}

/** The prompt with the values in it, as an application gets it. */
export function previewOf(content: PromptContent, texts: Texts): Preview {
  try {
    const { text, messages } = renderPrompt(content, valuesOf(content.variables ?? [], texts), "");
    const shown = text === undefined ? [] : [{ role: "text", text }];
    const more = (messages ?? []).map((message) => ({ role: message.role, text: message.content }));
    return { messages: [...shown, ...more], problems: {} };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const problems = error.violations.map(({ field, allowed }) => [field.replace(/^\./, ""), `Wanted: ${allowed}`]);
    return { messages: null, problems: Object.fromEntries(problems) };
  }
}
