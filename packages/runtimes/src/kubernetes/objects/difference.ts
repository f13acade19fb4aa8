/** Fields by which the elements of a list are told apart; lists whose elements have none of them are told apart by their place. */
const KEYS = ["name", "mountPath", "topologyKey", "port"];

/**
 * Where an object differs from what was applied, as sentences: `spec.replicas is 5, was 3`. What somebody added beside it is no
 * difference: defaults, side-cars, annotations of others. Pure.
 */
export function differences(applied: unknown, live: unknown, path = ""): string[] {
  if (Array.isArray(applied))
    return Array.isArray(live) ? inLists(applied, live, path) : [sentence(path, live, applied)];
  if (isRecord(applied)) {
    if (!isRecord(live)) return Object.keys(applied).length === 0 ? [] : [sentence(path, live, applied)];
    return Object.entries(applied).flatMap(([field, value]) =>
      differences(value, live[field], path === "" ? field : `${path}.${field}`),
    );
  }
  return Object.is(applied, live) || (live === undefined && isNothing(applied)) ? [] : [sentence(path, live, applied)];
}

function inLists(applied: readonly unknown[], live: readonly unknown[], path: string): string[] {
  const key = KEYS.find((candidate) => applied.every((element) => isRecord(element) && candidate in element));
  if (key === undefined) {
    if (applied.length !== live.length) return [sentence(path, live, applied)];
    return applied.flatMap((element, index) => differences(element, live[index], `${path}[${index}]`));
  }
  return applied.flatMap((element) => {
    const value = isRecord(element) ? element[key] : undefined;
    const found = live.find((candidate) => isRecord(candidate) && candidate[key] === value);
    return differences(element, found, `${path}[${String(value)}]`);
  });
}

/** The API leaves out what says nothing. */
const isNothing = (value: unknown): boolean => value === 0 || value === "" || value === false || value === null;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sentence = (path: string, live: unknown, applied: unknown): string =>
  live === undefined ? `${path} is gone` : `${path} is ${short(live)}, was ${short(applied)}`;

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
