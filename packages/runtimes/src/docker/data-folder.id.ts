import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../supervision/atomic-file.ts";

/** A name for the folder that no other has, made once: containers that carry it are looked after from here alone. */
export async function folderId(folder: string): Promise<string> {
  const file = join(folder, "owner");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const known = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (known !== null) return known.trim();
  const id = randomUUID();
  await writeAtomic(file, id, { durable: true });
  return id;
}
