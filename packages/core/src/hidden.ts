/** What stands for a value that nobody may read back. */
export const HIDDEN = "(not shown)";

/** The same names, without what they hold. */
export const hideValues = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.keys(values).map((name) => [name, HIDDEN]));

/** An address as people may see it: without user, password, query and fragment, where tokens stand. The path stays. */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return HIDDEN;
  const { username, password, search, hash, origin, pathname } = new URL(address);
  if (username === "" && password === "" && search === "" && hash === "") return address;
  return `${origin}${pathname}${search === "" ? "" : `?${HIDDEN}`}`;
}
