/** What an address says after its question mark, as each page reads it: anything may stand there, written by hand or by others. */

/** Longer than any name; what is longer is nobody's filter. */
const LONGEST = 200;

/** A text; the router reads `?version=2` as a number. Empty counts as absent. */
export function textIn(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const text = String(value).slice(0, LONGEST);
  return text === "" ? undefined : text;
}

export const oneIn = <Value extends string>(values: readonly Value[], value: unknown): Value | undefined =>
  values.find((known) => known === value);

/** A whole number from 1 on. */
export const countIn = (value: unknown): number | undefined => {
  const number = Number(textIn(value));
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
};

/** Without what is not there: an address has no `?status=`. */
export const present = <Search extends object>(search: Search): { [Key in keyof Search]?: NonNullable<Search[Key]> } =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Search]?: NonNullable<Search[Key]>;
  };
