import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { invalidField, isKey, type StoragePlace } from "@sluice/core";
import { noObject, type ObjectStore, type StoredObject, storeAway } from "./object-store.ts";

/** Beside the buckets, on the same file system: what is being written. No bucket can be called so. */
const INCOMING = ".incoming";

/** A folder of this machine: a folder for each bucket, a file for each object. */
export function createFolderStore(folder: string): ObjectStore {
  const fileOf = ({ bucket, key }: StoragePlace): string => {
    // Names were checked where they came in; what is a path here must not be able to leave the folder in any case.
    if (!isKey(bucket) || bucket.includes("/") || bucket.startsWith(".") || !isKey(key)) {
      throw invalidField("path", `${bucket}/${key}`, "bucket/key without '..'");
    }
    return join(folder, bucket, ...key.split("/"));
  };
  return {
    async prepare(bucket) {
      await mkdir(join(folder, bucket), { recursive: true, mode: 0o700 }).catch(refuse);
      // What a server that died was writing belongs to nobody.
      await rm(join(folder, INCOMING), { recursive: true, force: true });
      await mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 });
    },
    async put(place, content) {
      const file = fileOf(place);
      const incoming = join(folder, INCOMING, randomUUID());
      try {
        await mkdir(dirname(incoming), { recursive: true, mode: 0o700 });
        await pipeline(content, createWriteStream(incoming, { mode: 0o600, flush: true }));
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await rename(incoming, file);
        await syncFolder(dirname(file));
      } catch (error) {
        await rm(incoming, { force: true });
        return refuse(error);
      }
    },
    async get(place, from = 0) {
      const handle = await open(fileOf(place)).catch((error: unknown) => {
        if (isMissing(error)) throw noObject(place);
        return refuse(error);
      });
      if ((await handle.stat()).isFile()) return handle.createReadStream({ start: from });
      await handle.close();
      throw noObject(place);
    },
    async stat(place) {
      const found = await stat(fileOf(place)).catch(absent);
      return found?.isFile() === true ? objectOf(place, found) : null;
    },
    async *list({ bucket, key }) {
      const root = fileOf({ bucket, key });
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(absent);
      const files = (entries ?? [])
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      for (const file of files.sort()) {
        const found = await stat(file).catch(absent);
        const inside = file.slice(join(folder, bucket).length + 1).replaceAll(sep, "/");
        if (found !== null) yield objectOf({ bucket, key: inside }, found);
      }
    },
    async remove(place) {
      const file = fileOf(place);
      await rm(file, { force: true }).catch(refuse);
      // Folders are there for their files; S3 knows none.
      for (let parent = dirname(file); parent.startsWith(join(folder, place.bucket, sep)); parent = dirname(parent)) {
        if (
          !(await rmdir(parent).then(
            () => true,
            () => false,
          ))
        )
          return;
      }
    },
    close: () => undefined,
  };
}

const objectOf = (
  { bucket, key }: StoragePlace,
  found: { size: number; mtimeMs: number; ino: number },
): StoredObject => ({
  bucket,
  key,
  bytes: found.size,
  tag: `${found.ino}-${found.mtimeMs}`,
});

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error));

function absent(error: unknown): null {
  if (isMissing(error)) return null;
  return refuse(error);
}

/** What the machine cannot do is told; what failed elsewhere, as the stream that was to be kept, goes on as it is. */
function refuse(error: unknown): never {
  const code = codeOf(error);
  if (/^E[A-Z]+$/.test(code) && error instanceof Error && "syscall" in error && error.syscall !== "read") {
    throw storeAway(error, `${code} on its folder`);
  }
  throw error;
}

/** A rename is on disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
