import { type FileHandle, open, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { createExclusive } from "./exclusive.ts";
import { createLineSplitter, LONGEST_LINE } from "./line.splitter.ts";
import type { LogLimits } from "./process.types.ts";

export type Stream = "stdout" | "stderr";

const BLOCK = 64 * 1024;
/** Most bytes looked through for the last lines. */
const TAIL_LIMIT = 4 * 1024 * 1024;
/** A program that prints faster than it can be copied is not waited for. */
const CATCH_UP_ROUNDS = 8;

/**
 * One output stream of an instance: the file that the program appends to, and the rotated parts before it. Positions
 * are counted in bytes of the stream from where this object began to watch, across rotations; what an earlier
 * supervising process rotated lies at negative positions. A new line of output is therefore read once, whatever
 * happens to the files meanwhile.
 */
export interface LogFile {
  /** Position behind the last byte. */
  end(): Promise<number>;
  /** Bytes from a position on, at most `limit`; skips what has been rotated away. */
  read(from: number, limit: number): Promise<{ bytes: Buffer; next: number }>;
  /** Position of the first of the last `count` lines. */
  tailStart(count: number): Promise<number>;
  /** The last lines written since a position. */
  lastLines(count: number, since?: number): Promise<string[]>;
  /** Rotates when the file has outgrown the limit. */
  rotateIfLarge(limits: LogLimits): Promise<void>;
  /** The folder was renamed; of an ended stream only the current file is kept. */
  ended(folder: string, limits: LogLimits): Promise<void>;
}

export function createLogFile(initialFolder: string, stream: Stream): LogFile {
  const exclusive = createExclusive();
  let folder = initialFolder;
  /** Position of the current file's first byte. */
  let base = 0;
  const current = (): string => join(folder, `${stream}.log`);
  const rotated = (n: number): string => `${current()}.${n}`;

  async function endNow(): Promise<number> {
    return base + (await sizeOf(current()));
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
   * printed a lot must not be among what is lost between copy and truncation. Answers the position up to which was copied.
   */
  async function copyEnd(maxBytes: number): Promise<number> {
    let [end, kept] = [0, 0];
    for (let round = 0; round < CATCH_UP_ROUNDS; round += 1) {
      const size = await sizeOf(current());
      if (size === end) break;
      const anew = end === 0 || kept + size - end > 2 * maxBytes;
      const start = anew ? Math.max(end, size - maxBytes) : end;
      try {
        await copyPart(current(), rotated(1), { start, end: size, flags: anew ? "w" : "a" });
      } catch {
        // Without room for the copy the newest output is lost; never the disk.
        await rm(rotated(1), { force: true });
        return size;
      }
      kept = anew ? size - start : kept + size - end;
      end = size;
    }
    return end;
  }

  return {
    end: () => exclusive(endNow),
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
        const size = await sizeOf(current());
        if (size <= maxBytes) return;
        for (let n = keep; n > 1; n -= 1) await rename(rotated(n - 1), rotated(n)).catch(() => undefined);
        const end = keep > 0 ? await copyEnd(maxBytes) : size;
        await truncate(current(), 0);
        base += end;
      }),

    ended: (newFolder, { keep }) =>
      exclusive(async () => {
        folder = newFolder;
        for (let n = 1; n <= keep; n += 1) await rm(rotated(n), { force: true });
      }),
  };
}

async function copyPart(
  from: string,
  to: string,
  { start, end, flags }: { start: number; end: number; flags: "w" | "a" },
): Promise<void> {
  const source = await open(from, "r");
  const target = await open(to, flags, 0o600);
  try {
    const buffer = Buffer.alloc(1024 * 1024);
    for (let position = start; position < end; ) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, end - position), position);
      if (bytesRead === 0) break;
      await target.writeFile(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

async function readAt(path: string, position: number, limit: number): Promise<Buffer> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch {
    return Buffer.alloc(0); // Not written yet, or dropped: there is nothing to read.
  }
  try {
    const buffer = Buffer.alloc(limit);
    const { bytesRead } = await file.read(buffer, 0, limit, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
