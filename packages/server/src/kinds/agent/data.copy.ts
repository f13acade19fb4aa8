import { createHash } from "node:crypto";
import { constants, createReadStream, type Dirent } from "node:fs";
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type CopiedFile, type CopyManifest, digestOf, SluiceError } from "@sluice/core";
import { z } from "zod";

/** Where a copy keeps the files themselves; beside it lies `manifest.json`, written last. */
const FILES = "files";
const MANIFEST = "manifest.json";

const manifestSchema = z.object({
  agent: z.string(),
  deployment: z.string(),
  reason: z.string(),
  createdAt: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      type: z.enum(["file", "folder", "link"]),
      bytes: z.number(),
      mode: z.number(),
      sha256: z.string(),
    }),
  ),
  bytes: z.number(),
  digest: z.string(),
  leftOut: z.array(z.string()),
}) satisfies z.ZodType<CopyManifest>;

export type CopyAbout = Pick<CopyManifest, "agent" | "deployment" | "reason" | "createdAt">;

/**
 * Copies a folder with a manifest of every file's checksum. The copy appears whole or not at all: one that was cut off is begun
 * anew, one that is there is left as it is. Links are copied as links, and nothing outside of the folder is read. Files that change
 * while they are copied have the checksum of what was copied.
 */
export async function copyFolder(from: string, to: string, about: CopyAbout): Promise<CopyManifest> {
  const known = await readManifest(to);
  if (known !== null) return known;
  const part = `${to}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(join(part, FILES), { recursive: true, mode: 0o700 });
  const copied = await copyTree(from, join(part, FILES));
  const bytes = copied.files.reduce((sum, file) => sum + file.bytes, 0);
  const manifest: CopyManifest = { ...about, ...copied, bytes, digest: digestOf(copied.files) };
  await writeDurably(join(part, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await rename(part, to);
  await syncFolder(dirname(to));
  return manifest;
}

/** Null when there is no whole copy. Throws `data_loss` for a manifest that cannot be understood. */
export async function readManifest(copy: string): Promise<CopyManifest | null> {
  const text = await readFile(join(copy, MANIFEST), "utf8").catch(ignoreMissing);
  if (text === null) return null;
  const parsed = manifestSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new SluiceError("data_loss", `the manifest of ${copy} cannot be read`, { cause: parsed.error });
}

/**
 * Writes what a copy holds into a folder that does not exist yet. Throws `data_loss`, naming the file, when the copy is not
 * what its manifest says; the folder is not to be used then.
 */
export async function unpackCopy(copy: string, to: string): Promise<CopyManifest> {
  const manifest = await readManifest(copy);
  if (manifest === null) throw new SluiceError("data_loss", `${copy} is not there, or is no whole copy`);
  await mkdir(to, { recursive: true, mode: 0o700 });
  const { files } = await copyTree(join(copy, FILES), to);
  const unpacked = new Map(files.map((file) => [file.path, file.sha256]));
  const wrong = manifest.files.find(({ path, sha256 }) => unpacked.get(path) !== sha256);
  if (wrong !== undefined || unpacked.size !== manifest.files.length) {
    const which = wrong?.path ?? "a file that is not in its manifest";
    throw new SluiceError("data_loss", `${copy} is damaged (${which}): its checksum is not the manifest's`);
  }
  return manifest;
}

interface Copied {
  files: CopiedFile[];
  leftOut: string[];
}

async function copyTree(from: string, to: string): Promise<Copied> {
  const copied: Copied = { files: [], leftOut: [] };
  await copyInto(from, to, "", copied);
  return copied;
}

async function copyInto(from: string, to: string, below: string, copied: Copied): Promise<void> {
  const entries = await readdir(join(from, below), { withFileTypes: true }).catch(ignoreMissing);
  if (entries === null) {
    copied.leftOut.push(`${below}: it went away`);
    return;
  }
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const file = await copyEntry(entry, { path, source: join(from, path), goal: join(to, path) }).catch(ignoreMissing);
    if (file === null) copied.leftOut.push(`${path}: it went away, or is no file, folder or link`);
    else copied.files.push(file);
    if (entry.isDirectory() && file !== null) await copyInto(from, to, path, copied);
  }
}

async function copyEntry(
  entry: Dirent,
  { path, source, goal }: { path: string; source: string; goal: string },
): Promise<CopiedFile | null> {
  if (entry.isSymbolicLink()) {
    const leadsTo = await readlink(source);
    await symlink(leadsTo, goal);
    return { path, type: "link", bytes: 0, mode: 0o777, sha256: hashOf(leadsTo) };
  }
  const mode = (await lstat(source)).mode & 0o777;
  if (entry.isDirectory()) {
    // Open to us, whatever the agent made of it: its content is still to come.
    await mkdir(goal, { mode: mode | 0o700 });
    return { path, type: "folder", bytes: 0, mode: mode | 0o700, sha256: hashOf("") };
  }
  if (!entry.isFile()) return null;
  await copyFile(source, goal, constants.COPYFILE_FICLONE);
  await chmod(goal, mode | 0o600);
  const { bytes, sha256 } = await hashFile(goal);
  return { path, type: "file", bytes, mode: mode | 0o600, sha256 };
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

async function hashFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  const stream = createReadStream(path);
  await pipeline(stream, hash);
  return { bytes: stream.bytesRead, sha256: hash.digest("hex") };
}

export async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function ignoreMissing(error: unknown): null {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  throw error;
}
