/** A value of a configuration as people read it: texts as they are, everything else as JSON. */
export const shownValue = (value: unknown): string =>
  typeof value === "string" ? (value === "" ? "(empty)" : value) : JSON.stringify(value, null, 2);
