import { appendFile, mkdir, rename, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { Instant } from "@sluice/core";
import { createExclusive } from "./exclusive.ts";
import { createLineSplitter, LONGEST_LINE } from "./line.splitter.ts";
import { announceCut, readBase, writeBase } from "./log.base.ts";
import { copyPart, readAt, sizeOf } from "./log.bytes.ts";
import { createLogTimes, type TimeMark } from "./log.times.ts";
import type { LogLimits } from "./policy.ts";

export type Stream = "stdout" | "stderr";

const BLOCK = 64 * 1024;
/** Most bytes looked through for the last lines. */
const TAIL_LIMIT = 4 * 1024 * 1024;
/** A program that prints faster than it can be copied is not waited for. */
const CATCH_UP_ROUNDS = 8;

/**
 * One output stream of an instance: the file that the program appends to, and the rotated parts before it. Positions
 * are counted in bytes of the stream from its beginning, across rotations and supervising processes: what was cut off is
 * written down beside it. (Where nothing was, as by earlier releases, what was rotated lies at negative positions.) A new
 * line of output is therefore read once, whatever happens to the files meanwhile. When output is first seen is written
 * down too.
 */
export interface LogFile {
  /** Position behind the last byte; what is new was seen now. */
  end(): Promise<number>;
  /** Adds output of a program that does not write by itself, with the time of each part. */
  append(parts: readonly { bytes: Buffer; at: Instant }[]): Promise<void>;
  /** When the bytes between two positions were first seen; for `timesIn`. */
  times(from: number, to: number): Promise<TimeMark[]>;
  /** Bytes from a position on, at most `limit`; skips what has been rotated away. */
  read(from: number, limit: number): Promise<{ bytes: Buffer; next: number }>;
  /** Position of the first of the last `count` lines. */
  tailStart(count: number): Promise<number>;
  /** The last lines written since a position. */
  lastLines(count: number, since?: number): Promise<string[]>;
  /** Sees what is new, and rotates when the file has outgrown the limit. */
  rotateIfLarge(limits: LogLimits): Promise<void>;
  /** The folder was renamed; of an ended stream only the current file is kept. */
  ended(folder: string, limits: LogLimits): Promise<void>;
}

export function createLogFile(initialFolder: string, stream: Stream, clock: () => Instant): LogFile {
  const inOrder = createExclusive();
  let folder = initialFolder;
  /** Position of the current file's first byte. */
  let base = 0;
  let isKnown = false;
  const current = (): string => join(folder, `${stream}.log`);
  const rotated = (n: number): string => `${current()}.${n}`;
  const times = createLogTimes(current);

  const exclusive = <T>(work: () => Promise<T>): Promise<T> =>
    inOrder(async () => {
      if (!isKnown) base = await readBase(current());
      isKnown = true;
      return work();
    });

  async function endNow(): Promise<number> {
    return base + (await sizeOf(current()));
  }

  async function look(): Promise<number> {
    const end = await endNow();
    // Without room for it on the disk there are no times; the output itself can be read all the same.
    await mark(end, [{ end, at: clock() }]).catch(() => undefined);
    return end;
  }

  async function mark(end: number, marks: readonly TimeMark[]): Promise<void> {
    await times.seen(end);
    await times.note(marks);
  }

  async function readNow(from: number, limit: number): Promise<{ bytes: Buffer; next: number }> {
    if (from < base) {
      const kept = await sizeOf(rotated(1));
      const start = Math.max(from, base - kept);
      const bytes = await readAt(rotated(1), start - (base - kept), Math.min(limit, base - start));
      if (bytes.length > 0) return { bytes, next: start + bytes.length };
    }
    const start = Math.max(from, base);
    const bytes = await readAt(current(), start - base, limit);
    return { bytes, next: start + bytes.length };
  }

  async function tailStartNow(count: number): Promise<number> {
    const end = await endNow();
    if (count <= 0) return end;
    const first = Math.max(base - (await sizeOf(rotated(1))), end - TAIL_LIMIT);
    let position = end;
    let found = 0;
    while (position > first) {
      const from = Math.max(first, position - BLOCK);
      const block = await readWhole(from, position - from);
      for (let at = block.length - 1; at >= 0; at -= 1) {
        // The newline that ends the last line does not begin another one.
        if (block[at] !== 0x0a || from + at === end - 1) continue;
        found += 1;
        if (found === count) return from + at + 1;
      }
      position = from;
    }
    return first;
  }

  async function readWhole(from: number, length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let position = from;
    while (position < from + length) {
      const { bytes, next } = await readNow(position, from + length - position);
      if (bytes.length === 0) break;
      parts.push(bytes);
      position = next;
    }
    return Buffer.concat(parts);
  }

  /**
   * Copies the file's last part, then what was written meanwhile, until nothing was: the last words of a program that
   * printed a lot must not be among what is lost between copy and truncation. That it will be cut off is written down before
   * the last rounds. Answers how many bytes were copied.
   */
  async function copyEnd(maxBytes: number): Promise<number> {
    let [end, kept] = [0, 0];
    let isAnnounced = false;
    for (let round = 0; round < CATCH_UP_ROUNDS; round += 1) {
      const size = await sizeOf(current());
      if (!isAnnounced && (size === end || round === CATCH_UP_ROUNDS / 2)) {
        await announceCut(current(), base, end);
        isAnnounced = true;
        continue;
      }
      if (size === end) break;
      const anew = end === 0 || kept + size - end > 2 * maxBytes;
      const start = anew ? Math.max(end, size - maxBytes) : end;
      try {
        await copyPart(current(), rotated(1), { start, end: size, flags: anew ? "w" : "a" });
      } catch {
        // Without room for the copy the newest output is lost; never the disk.
        await rm(rotated(1), { force: true });
        await announceCut(current(), base, size);
        return size;
      }
      kept = anew ? size - start : kept + size - end;
      end = size;
    }
    return end;
  }

  return {
    end: () => exclusive(look),
    append: (parts) =>
      exclusive(async () => {
        const end = await endNow();
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await appendFile(current(), Buffer.concat(parts.map(({ bytes }) => bytes)), { mode: 0o600 });
        let behind = end;
        const marks = parts.map(({ bytes, at }) => {
          behind += bytes.length;
          return { end: behind, at };
        });
        await mark(end, marks).catch(() => undefined);
      }),
    times: (from, to) => exclusive(() => times.between(from, to)),
    read: (from, limit) => exclusive(() => readNow(from, limit)),
    tailStart: (count) => exclusive(() => tailStartNow(count)),

    lastLines: (count, since = Number.NEGATIVE_INFINITY) =>
      exclusive(async () => {
        const from = Math.max(since, await tailStartNow(count), (await endNow()) - count * LONGEST_LINE);
        const splitter = createLineSplitter();
        const lines = [...splitter.push(await readWhole(from, (await endNow()) - from)), ...splitter.flush()];
        return lines.filter((line) => line.trim() !== "").slice(-count);
      }),

    rotateIfLarge: ({ maxBytes, keep }) =>
      exclusive(async () => {
        const size = (await look()) - base;
        if (size <= maxBytes) return;
        for (let n = keep; n > 1; n -= 1) await rename(rotated(n - 1), rotated(n)).catch(() => undefined);
        if (keep === 0) await announceCut(current(), base, size);
        const end = keep > 0 ? await copyEnd(maxBytes) : size;
        await truncate(current(), 0);
        base += end;
        await writeBase(current(), base);
      }),

    ended: (newFolder, { keep }) =>
      exclusive(async () => {
        folder = newFolder;
        await look();
        for (let n = 1; n <= keep; n += 1) await rm(rotated(n), { force: true });
      }),
  };
}
