/** The attribute by which processes are told apart: the name of the program that runs. */
export const PROCESS_NAME = "process.executable.name";

/**
 * A regular expression (RE2, as the collector reads it) for exactly these names of programs; `*` in a name stands for any
 * characters. No names: an expression that matches nothing. Everything but letters, digits, `_` and `-` is written by
 * its code, so that no name can break out of the text it is put into; `$` has a meaning in a collector's configuration.
 */
export function nameExpression(names: readonly string[]): string {
  if (names.length === 0) return "[^\\x00-\\x{10FFFF}]";
  const alternatives = [...new Set(names)].map((name) => name.split("*").map(literal).join(".*"));
  return `^(?:${alternatives.join("|")})\\z`;
}

const literal = (text: string): string =>
  [...text]
    .map((character) =>
      /^[\w-]$/.test(character) ? character : `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    )
    .join("");

/** Whether one of the names is meant; the same rule as `nameExpression`, for our own eyes. */
export const namesProcess = (names: readonly string[], process: string): boolean =>
  names.some((name) => {
    const [first = "", ...rest] = name.split("*");
    const last = rest.pop();
    if (last === undefined) return name === process;
    if (!process.startsWith(first) || !process.endsWith(last) || process.length < first.length + last.length)
      return false;
    const middle = process.slice(first.length, process.length - last.length);
    let from = 0;
    return rest.every((part) => {
      const at = middle.indexOf(part, from);
      from = at + part.length;
      return at >= 0;
    });
  });

/** A text of the collector's transformation language (OTTL). */
export const ottlText = (text: string): string => JSON.stringify(text);

/** The OTTL condition that a metric or a data point is about a process that none of the names means. */
export const isOtherProcess = (attribute: string, names: readonly string[]): string =>
  `${attribute} != nil and not IsMatch(${attribute}, ${ottlText(nameExpression(names))})`;

/** Collectors describe a process by attributes of the resource, applications at times by those of the data point. */
export const OF_RESOURCE = `resource.attributes["${PROCESS_NAME}"]`;
export const OF_DATAPOINT = `attributes["${PROCESS_NAME}"]`;
