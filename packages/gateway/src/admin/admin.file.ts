import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { z } from "zod";
import { writeWhole } from "../state/state.file.ts";

const schema = z.object({
  /** Of the admin API, on 127.0.0.1. */
  port: z.int(),
  token: z.string(),
  pid: z.int(),
  startedAt: z.number(),
  /** Where callers reach the gateway. */
  publicHost: z.string(),
  publicPort: z.int(),
});

/** How a process on the same machine reaches the admin API of a gateway. A secret: only the owner may read the file. */
export type AdminAddress = z.infer<typeof schema>;

export const adminFile = (dataDir: string): string => join(dataDir, "gateway", "admin.json");

export const writeAdminAddress = (dataDir: string, address: AdminAddress): Promise<void> =>
  writeWhole(adminFile(dataDir), `${JSON.stringify(address, null, 2)}\n`);

/** Throws `unavailable` when no gateway has left its address there. */
export async function readAdminAddress(path: string): Promise<AdminAddress> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new SluiceError("unavailable", `no gateway has left its address in ${path}`, { cause: error });
  }
}

/** Removes the file when it is still this process's. */
export async function removeAdminAddress(dataDir: string, pid: number): Promise<void> {
  const path = adminFile(dataDir);
  const address = await readAdminAddress(path).catch(() => null);
  if (address?.pid === pid) await rm(path, { force: true });
}
