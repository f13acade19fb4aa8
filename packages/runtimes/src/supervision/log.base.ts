import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeAtomic } from "./atomic-file.ts";
import { readAt } from "./log.bytes.ts";

const recordSchema = z.object({
  base: z.number().int(),
  /** What is about to be cut off: from where on, how many bytes, and how they end. */
  cutting: z.object({ from: z.number().int(), size: z.number().int(), digest: z.string() }).optional(),
});

const fileOf = (log: string): string => `${log}.base`;
/** Bytes before the end by which a file is known again. */
const KNOWN_BY = 4_096;

/**
 * How many bytes of its stream were cut off before a file's first one: what makes a position in the stream mean the same to the
 * next supervising process. 0 where nothing was written down.
 */
export async function readBase(log: string): Promise<number> {
  const text = await readFile(fileOf(log), "utf8").catch(() => "");
  const { data } = recordSchema.safeParse(parsed(text));
  if (data?.cutting === undefined) return data?.base ?? 0;
  // Whoever wrote it did not come to tell whether the file was cut: it was not, if it still holds what was to go.
  const { from, size, digest } = data.cutting;
  return (await digestBefore(log, size)) === digest ? from : data.base;
}

/**
 * To be called before the file, whose first byte is at `from`, is emptied of `size` bytes or a few more: how many, is written by
 * `writeBase` afterwards.
 */
export async function announceCut(log: string, from: number, size: number): Promise<void> {
  await record(log, { base: from + size, cutting: { from, size, digest: await digestBefore(log, size) } });
}

export const writeBase = (log: string, base: number): Promise<void> => record(log, { base });

/** A full disk must not keep the file from being emptied; then positions are those of this process alone. */
const record = (log: string, content: z.infer<typeof recordSchema>): Promise<void> =>
  writeAtomic(fileOf(log), JSON.stringify(content), { durable: false }).catch(() => undefined);

async function digestBefore(log: string, size: number): Promise<string> {
  const from = Math.max(0, size - KNOWN_BY);
  return createHash("sha256")
    .update(await readAt(log, from, size - from))
    .digest("base64url");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
