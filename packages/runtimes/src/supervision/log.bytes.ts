import { type FileHandle, open, stat } from "node:fs/promises";

/** At most so many bytes of a file from a position on; none of one that is not there. */
export async function readAt(path: string, position: number, limit: number): Promise<Buffer> {
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

/** Copies a part of a file into another one. */
export async function copyPart(
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

/** Bytes; 0 of a file that is not there. */
export const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
