/** A number as it stands in a field; not a number where there is none: `notNumbers` says so before anything is sent. */
export const numberOf = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));

/** Percent as a share, without the tail that binary fractions have: 7 % is 0.07. */
export const share = (percent: string): number => Number((numberOf(percent) / 100).toFixed(8));

/** Names of the fields that have to hold a number and hold none, as the server would call them: `strategy.steps[1].setWeight`. */
export function notNumbers(value: unknown, name = ""): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [name];
  if (Array.isArray(value)) return value.flatMap((entry, index) => notNumbers(entry, `${name}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => notNumbers(entry, name === "" ? key : `${name}.${key}`));
}

let made = 0;

/** Tells what is added to a list from everything else in it, wherever the list is shown again. */
export function newKey(): string {
  made += 1;
  return `new ${made}`;
}

/** A line of a list of names with values. */
export interface Pair {
  /** Tells lines apart while they are written; no part of what is sent. */
  key: string;
  name: string;
  value: string;
}

export const pairsOf = (values: Readonly<Record<string, string>>): Pair[] =>
  Object.entries(values).map(([name, value]) => ({ key: name, name, value }));

/** Lines without a name are not meant yet. */
export const valuesOf = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.filter(({ name }) => name.trim() !== "").map(({ name, value }) => [name.trim(), value]));
