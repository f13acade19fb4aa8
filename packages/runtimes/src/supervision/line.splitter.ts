const NEWLINE = 0x0a;

/** Longest line given out, in bytes; a longer one comes in pieces. */
export const LONGEST_LINE = 16 * 1024;

/** A line, and how many bytes of the stream it took, its end included. */
export interface CutLine {
  text: string;
  length: number;
  /** Whether it is a piece of a line that goes on in the next one. */
  goesOn: boolean;
}

export interface LineSplitter {
  push(bytes: Buffer): string[];
  /** The same, with the lengths. */
  cut(bytes: Buffer): CutLine[];
  /** The last line, when it has no newline yet. */
  flush(): string[];
}

/** Cuts a stream of bytes into lines of bounded length, never in the middle of a character. */
export function createLineSplitter(): LineSplitter {
  let rest: Buffer = Buffer.alloc(0);
  const splitter: LineSplitter = {
    push: (bytes) => splitter.cut(bytes).map(({ text }) => text),
    cut(bytes) {
      const lines: CutLine[] = [];
      let data = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      for (;;) {
        const end = data.indexOf(NEWLINE);
        if (end >= 0 && end <= LONGEST_LINE) {
          lines.push({ text: toText(data.subarray(0, end)), length: end + 1, goesOn: false });
          data = data.subarray(end + 1);
        } else if (data.length > LONGEST_LINE) {
          const cut = characterStart(data, LONGEST_LINE);
          lines.push({ text: toText(data.subarray(0, cut)), length: cut, goesOn: true });
          data = data.subarray(cut);
        } else break;
      }
      rest = Buffer.from(data);
      return lines;
    },
    flush() {
      const lines = rest.length === 0 ? [] : [toText(rest)];
      rest = Buffer.alloc(0);
      return lines;
    },
  };
  return splitter;
}

const toText = (bytes: Buffer): string => bytes.toString("utf8").replace(/\r$/, "");

/** The start of the UTF-8 character that holds this position: continuation bytes are 10xxxxxx. */
function characterStart(data: Buffer, position: number): number {
  let start = position;
  while (start > position - 4 && ((data[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
