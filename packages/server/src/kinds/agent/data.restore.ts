import { lstat, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CopyManifest } from "@sluice/core";
import { ignoreMissing, readManifest, syncFolder, unpackCopy, writeDurably } from "./data.copy.ts";
import type { AgentFolders } from "./data.folders.ts";

/**
 * Puts the data back as a copy has it. Safe to repeat after a crash at any point: the copy is unpacked and checked beside the data,
 * a note says which folder is to be the new one, and only then do the two change places. Whoever repeats it finds by the note that
 * they have, and what was written since stays.
 */
export async function restoreData(folders: AgentFolders, copy: string, name: string): Promise<CopyManifest | null> {
  const [next, old, note] = [`${folders.data}.next`, `${folders.data}.old`, join(folders.root, "restored.json")];
  const noted = await readNote(note);
  if (noted?.name === name && noted.inode === (await inodeOf(folders.data))) {
    await rm(old, { recursive: true, force: true });
    return readManifest(copy);
  }
  await rm(next, { recursive: true, force: true });
  const manifest = await unpackCopy(copy, next);
  await writeDurably(note, JSON.stringify({ name, inode: await inodeOf(next) }));
  await rm(old, { recursive: true, force: true });
  await rename(folders.data, old).catch(ignoreMissing);
  await rename(next, folders.data);
  await syncFolder(folders.root);
  await rm(old, { recursive: true, force: true });
  return manifest;
}

async function readNote(path: string): Promise<{ name: string; inode: string } | null> {
  const text = await readFile(path, "utf8").catch(ignoreMissing);
  if (text === null) return null;
  try {
    const note: unknown = JSON.parse(text);
    if (typeof note !== "object" || note === null || !("name" in note) || !("inode" in note)) return null;
    return { name: String(note.name), inode: String(note.inode) };
  } catch {
    // Cut off while it was written: nothing has changed places yet.
    return null;
  }
}

async function inodeOf(path: string): Promise<string | null> {
  const stat = await lstat(path, { bigint: true }).catch(ignoreMissing);
  return stat === null ? null : String(stat.ino);
}
