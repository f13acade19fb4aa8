import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomic } from "../supervision/atomic-file.ts";

/** What an image's name meant when a revision first ran. */
const pinSchema = z.object({
  image: z.string(),
  /** The daemon's own id of the image. */
  id: z.string(),
  /** Name and digest by which the registry gives the same again; the id where there is none. */
  digest: z.string(),
});

export type ImagePin = z.infer<typeof pinSchema>;

const pinsSchema = z.record(z.string(), pinSchema);

/** Revisions whose images are remembered, for each deployment: as many as anybody rolls back to. */
const KEPT = 50;

/**
 * Remembers, in a deployment's folder, which image each revision runs: a tag that is moved changes no revision, so that
 * later instances, restarts and rollbacks run what was tried.
 */
export interface ImagePins {
  of(revision: number): Promise<ImagePin | null>;
  keep(revision: number, pin: ImagePin): Promise<void>;
}

export function imagePins(deploymentFolder: string): ImagePins {
  const file = join(deploymentFolder, "images.json");

  async function read(): Promise<Record<string, ImagePin>> {
    const text = await readFile(file, "utf8").catch(() => "{}");
    return pinsSchema.parse(JSON.parse(text));
  }

  return {
    of: async (revision) => (await read())[revision] ?? null,
    async keep(revision, pin) {
      const entries = Object.entries({ ...(await read()), [revision]: pin });
      const newest = entries.toSorted(([a], [b]) => Number(b) - Number(a)).slice(0, KEPT);
      await writeAtomic(file, JSON.stringify(Object.fromEntries(newest)), { durable: true });
    },
  };
}
