/** A stretch of a line; `found`: it is what was searched. */
export interface Stretch {
  text: string;
  found: boolean;
}

/** Cuts a line where the words that are searched stand in it, in any case. */
export function stretches(text: string, sought: string): Stretch[] {
  if (sought === "") return [{ text, found: false }];
  const lower = text.toLowerCase();
  const wanted = sought.toLowerCase();
  // A letter that is longer in lower case would shift every place behind it.
  if (lower.length !== text.length) return [{ text, found: lower.includes(wanted) }];
  const cut: Stretch[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    if (at > from) cut.push({ text: text.slice(from, at), found: false });
    cut.push({ text: text.slice(at, at + wanted.length), found: true });
    from = at + wanted.length;
  }
  if (from < text.length || cut.length === 0) cut.push({ text: text.slice(from), found: false });
  return cut;
}

/** Places in the list at which something was found. */
export function hitsIn(lines: readonly { text: string }[], sought: string): number[] {
  if (sought === "") return [];
  const wanted = sought.toLowerCase();
  return lines.flatMap(({ text }, index) => (text.toLowerCase().includes(wanted) ? [index] : []));
}

/** The next place behind `from`, or the first one again; null where there is none. */
export const nextHit = (hits: readonly number[], from: number): number | null =>
  hits.find((hit) => hit > from) ?? hits[0] ?? null;
