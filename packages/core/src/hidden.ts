/** What stands for a value that nobody may read back. */
export const HIDDEN = "(not shown)";

/** The same names, without what they hold. */
export const hideValues = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.keys(values).map((name) => [name, HIDDEN]));
