import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  checkFileName,
  type ModelFile,
  parseStoragePath,
  SluiceError,
  type StoragePlace,
  storagePath,
} from "@sluice/core";
import type { FileSource } from "./file.source.ts";

interface ModelContent {
  files: string;
  /** Absent: whatever is there is taken as it is. */
  manifest?: readonly Pick<ModelFile, "name" | "path" | "sha256">[] | undefined;
}

interface Wanted {
  name: string;
  place: StoragePlace;
  /** Null: whatever is there. */
  sha256: string | null;
}

/**
 * Brings a version's files from the storage into `folder`, and answers their names. It is there as a whole or not at all; a
 * folder that is there has been verified. Throws `data_loss` for content that is not what was registered.
 */
export async function fetchFiles(storage: FileSource, content: ModelContent, folder: string): Promise<string[]> {
  const wanted = await wantedFiles(storage, content);
  if (await isThere(folder)) return wanted.map(({ name }) => name);
  const incoming = `${folder}.${randomUUID()}`;
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  try {
    for (const file of wanted) await fetchFile(storage, file, join(incoming, file.name));
    await rename(incoming, folder).catch(async (error: unknown) => {
      // Somebody else brought the same content first.
      if (!(await isThere(folder))) throw error;
    });
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
  return wanted.map(({ name }) => name);
}

async function wantedFiles(storage: FileSource, { files, manifest }: ModelContent): Promise<Wanted[]> {
  const root = parseStoragePath(files, "spec.files");
  if (manifest !== undefined) {
    return manifest.map(({ name, path, sha256 }) => ({ name, sha256, place: { ...root, key: `${root.key}/${path}` } }));
  }
  const single = await storage.stat(root);
  const found = single === null ? await Array.fromAsync(storage.list(root)) : [single];
  if (found.length === 0) throw new SluiceError("not_found", `there is nothing at ${storagePath(root)}`);
  return found.map(({ bucket, key }) => {
    const name = basename(key);
    if (dirname(key) !== root.key && key !== root.key) {
      throw new SluiceError(
        "failed_precondition",
        `${storagePath({ bucket, key })} is in a folder of its own: a model is a list of files`,
      );
    }
    checkFileName(name, "spec.files");
    return { name, place: { bucket, key }, sha256: null };
  });
}

async function fetchFile(storage: FileSource, { place, sha256 }: Wanted, file: string): Promise<void> {
  const hash = createHash("sha256");
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(await storage.get(place), measure, createWriteStream(file, { mode: 0o600 }));
  const found = hash.digest("hex");
  if (sha256 === null || sha256 === found) return;
  throw new SluiceError(
    "data_loss",
    `${storagePath(place)} was registered with the SHA-256 ${sha256} and has ${found} now`,
  );
}

const isThere = (folder: string): Promise<boolean> =>
  stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
