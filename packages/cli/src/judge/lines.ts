/** A line of a file that may be longer than a person would write. */
export interface Line {
  /** From 1. */
  number: number;
  text: string;
  /** Without a line feed at its end: the last one, which may be cut off. */
  unfinished: boolean;
}

/** Longer lines are no events; nothing is gathered without end. */
export const LONGEST_LINE = 65_536;

/**
 * The lines of a text that comes in pieces, one at a time. A line longer than `LONGEST_LINE` comes cut to that length and one more, so that the
 * caller can refuse it.
 */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<Line> {
  let rest = "";
  let number = 0;
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      number += 1;
      yield { number, text: bounded(rest + piece.slice(start, end)), unfinished: false };
      rest = "";
      start = end + 1;
    }
    rest = bounded(rest + piece.slice(start));
  }
  if (rest !== "") yield { number: number + 1, text: rest, unfinished: true };
}

const bounded = (text: string): string => (text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE + 1) : text);
