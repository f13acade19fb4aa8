type Value = unknown;

/** What other readers of YAML take for something else than a text. */
const RESERVED = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** Words, names, paths, addresses and versions of three numbers: nothing that means something else without quotes. */
const PLAIN = /^([A-Za-z_/]|\d+\.\d+\.\d)(?:[\w./@+-]|:(?=[\w/])| (?=[\w/]))*$/;

/** What an editor does not show, or takes for the end of a line, and JSON leaves as it is. */
const UNSEEN = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

const textOf = (text: string): string =>
  PLAIN.test(text) && !RESERVED.test(text)
    ? text
    : JSON.stringify(text).replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);

const isMap = (value: Value): value is Readonly<Record<string, Value>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A value of JSON as YAML, for people to read: a line for every entry, quotes where they are needed. What is undefined is left
 * out. Only writes, and so is a twentieth of a library that also reads.
 */
export const yamlOf = (value: Value): string => `${linesOf(value).join("\n")}\n`;

function linesOf(value: Value): string[] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((entry) => indented(linesOf(entry), "- "));
  if (!isMap(value) && !Array.isArray(value)) return [scalarOf(value)];
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  if (entries.length === 0) return [Array.isArray(value) ? "[]" : "{}"];
  return entries.flatMap(([name, entry]) => {
    const lines = linesOf(entry);
    const isInside = (isMap(entry) || Array.isArray(entry)) && !isEmpty(lines);
    return isInside ? [`${textOf(name)}:`, ...indented(lines, "  ")] : [`${textOf(name)}: ${lines.join("")}`];
  });
}

const isEmpty = (lines: readonly string[]): boolean => lines[0] === "[]" || lines[0] === "{}";

/** The first line behind the mark, the others below what stands behind it. */
const indented = (lines: readonly string[], mark: string): string[] =>
  lines.map((line, index) => (index === 0 ? mark : " ".repeat(mark.length)) + line);

function scalarOf(value: Value): string {
  if (typeof value === "string") return textOf(value);
  if (typeof value === "number" && !Number.isFinite(value)) return ".nan";
  return String(value);
}
