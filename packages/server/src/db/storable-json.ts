/**
 * JSON text that PostgreSQL takes: what a program or a hook answered may hold NUL or half a surrogate pair, and a result
 * that cannot be stored would be asked for again for ever. Both become U+FFFD, numbers that JSON has not become null.
 */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "string") return storableText(inner);
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner);
    return entries.every(([key]) => storableText(key) === key)
      ? inner
      : Object.fromEntries(entries.map(([key, entry]) => [storableText(key), entry]));
  });

/** The text with NUL and half surrogate pairs replaced by U+FFFD. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll("\0", "\u{fffd}");
