/**
 * The lines of `after` that `before` has not, where both are the last lines of one growing log: what follows the longest end
 * of `before` with which `after` begins. Equal lines count once each time they were written.
 *
 * Found by the prefix function of Knuth, Morris and Pratt, in time linear in both.
 */
export function newLines(before: readonly string[], after: readonly string[]): string[] {
  const borders = prefixFunction(after);
  let matched = 0;
  for (const line of before) {
    if (matched === after.length) matched = borders[matched - 1] ?? 0;
    while (matched > 0 && after[matched] !== line) matched = borders[matched - 1] ?? 0;
    if (after[matched] === line) matched += 1;
  }
  return after.slice(matched);
}

/** For each position, the length of the longest proper beginning that also ends there. */
function prefixFunction(lines: readonly string[]): number[] {
  const borders: number[] = [];
  for (let index = 0; index < lines.length; index++) {
    let length = index === 0 ? 0 : (borders[index - 1] ?? 0);
    while (length > 0 && lines[index] !== lines[length]) length = borders[length - 1] ?? 0;
    borders.push(index > 0 && lines[index] === lines[length] ? length + 1 : 0);
  }
  return borders;
}
