import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Replaces a file as a whole: a reader sees the old or the new content, never half of one. When `durable`, it has
 * reached the disk before this returns, the folder's entry included. Readable by its owner alone: it may hold secrets.
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  { durable }: { durable: boolean },
): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(content);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  if (durable) await syncFolder(dirname(path));
}

/** Makes the folder's entries reach the disk: new files, new folders, renames. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
