import { readFile, rm, writeFile } from "node:fs/promises";
import { SluiceError } from "@sluice/core";
import { z } from "zod";
import { identify, isAlive } from "./process-table.ts";

const ownerSchema = z.object({ pid: z.number(), startTime: z.string(), bootId: z.string() });

/**
 * Makes sure that one process alone supervises the folder. A lock whose owner has died is taken over. Returns how to
 * give it back; throws `failed_precondition` naming the owner when it is held.
 */
export async function lockFolder(path: string): Promise<() => Promise<void>> {
  const own = JSON.stringify(identify(process.pid));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(path, own, { flag: "wx", mode: 0o600 });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = ownerSchema.safeParse(await readJson(path));
    if (owner.success && isAlive(owner.data))
      throw new SluiceError("failed_precondition", `${path} is held by process ${owner.data.pid}, which supervises it`);
    await rm(path, { force: true });
  }
  throw new SluiceError("aborted", `${path} was taken by another process at the same moment`);
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null; // Torn by a death in the middle of the write: nobody's.
  }
}
