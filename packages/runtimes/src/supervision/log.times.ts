import { appendFile } from "node:fs/promises";
import type { Instant } from "@sluice/core";
import { writeAtomic } from "./atomic-file.ts";
import { readAt, sizeOf } from "./log.bytes.ts";

/** Up to `end`, everything behind the mark before was seen at `at`; null: nobody was looking when it was printed. */
export interface TimeMark {
  end: number;
  at: Instant | null;
}

/** Two numbers of 64 bits: the position, and the time in milliseconds, NaN for none. */
const MARK = 16;
const fileOf = (log: string): string => `${log}.times`;

/**
 * When the output in a file was seen, in a file beside it: a program that writes to a file of its own tells no times. The first mark
 * is without a time, since what lies before it is of before.
 */
export interface LogTimes {
  /** Marks what lies between the last mark and `end`. What was printed before the first call was seen by nobody. */
  note(marks: readonly TimeMark[]): Promise<void>;
  /** Where the last mark is; `end` at the first call: where the file ends now. */
  seen(end: number): Promise<number>;
  /** The marks that say of the bytes from `from` to `to` when they were seen. */
  between(from: number, to: number): Promise<TimeMark[]>;
}

/** `most`: marks that are kept; of more, the older half goes. */
export function createLogTimes(log: () => string, most = 65_536): LogTimes {
  let last: number | null = null;
  /** Marks in the file. */
  let count = 0;

  const replace = (bytes: Buffer): Promise<void> => writeAtomic(fileOf(log()), bytes, { durable: false });

  async function readMarks(from: number, limit: number): Promise<TimeMark[]> {
    const bytes = await readAt(fileOf(log()), from * MARK, limit * MARK);
    return Array.from({ length: Math.floor(bytes.length / MARK) }, (_, index) => markAt(bytes, index));
  }

  /** The place of the first mark behind a position. */
  async function firstBehind(position: number): Promise<number> {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >> 1;
      const [mark] = await readMarks(middle, 1);
      if (mark !== undefined && mark.end > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  async function append(marks: readonly TimeMark[]): Promise<void> {
    try {
      await appendFile(fileOf(log()), bytesOf(marks), { mode: 0o600 });
    } catch (error) {
      // Half a mark may be there now: the next call looks.
      last = null;
      throw error;
    }
    count += marks.length;
    last = marks.at(-1)?.end ?? last;
    if (count <= most) return;
    const [first, ...rest] = await readMarks(count - Math.floor(most / 2), Math.floor(most / 2));
    if (first === undefined) return;
    await replace(bytesOf([{ end: first.end, at: null }, ...rest]));
    count = rest.length + 1;
  }

  const times: LogTimes = {
    async seen(end) {
      if (last !== null) return last;
      const size = await sizeOf(fileOf(log()));
      count = Math.floor(size / MARK);
      const known = (await readMarks(count - 1, count === 0 ? 0 : 1))[0]?.end;
      // Half a mark, or one of bytes that are not there, is of a machine that went down.
      if (size % MARK !== 0 || (known !== undefined && !(known <= end))) {
        await replace(Buffer.alloc(0));
        count = 0;
      } else if (known === end) {
        last = known;
        return last;
      }
      last = end;
      // A stream that has not begun gets its first mark with its first line: its folder may not be there yet.
      if (end > 0 || count > 0) await append([{ end, at: null }]);
      return last;
    },
    async note(marks) {
      const seen = last ?? 0;
      const fresh = marks.filter(({ end }) => end > seen);
      if (fresh.length > 0) await append(count === 0 ? [{ end: seen, at: null }, ...fresh] : fresh);
    },
    async between(from, to) {
      const found: TimeMark[] = [];
      for (let at = await firstBehind(from); at < count; at += BLOCK) {
        for (const mark of await readMarks(at, Math.min(BLOCK, count - at))) {
          found.push(mark);
          if (mark.end >= to) return found;
        }
      }
      return found;
    },
  };
  return times;
}

const BLOCK = 512;

/** Asked for ever later positions, answers when the byte there was seen. */
export function timesIn(marks: readonly TimeMark[]): (position: number) => Instant | null {
  let index = 0;
  return (position) => {
    while (index < marks.length && (marks[index]?.end ?? 0) <= position) index += 1;
    return marks[index]?.at ?? null;
  };
}

function bytesOf(marks: readonly TimeMark[]): Buffer {
  const bytes = Buffer.alloc(marks.length * MARK);
  for (const [index, { end, at }] of marks.entries()) {
    bytes.writeDoubleLE(end, index * MARK);
    bytes.writeDoubleLE(at ?? Number.NaN, index * MARK + MARK / 2);
  }
  return bytes;
}

function markAt(bytes: Buffer, index: number): TimeMark {
  const at = bytes.readDoubleLE(index * MARK + MARK / 2);
  return { end: bytes.readDoubleLE(index * MARK), at: Number.isNaN(at) ? null : at };
}
