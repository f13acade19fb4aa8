import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { lockFolder } from "@sluice/runtimes";
import { z } from "zod";

const infoSchema = z.object({
  pid: z.number().int().positive(),
  /** Where the REST API listens. */
  url: z.url(),
  /** Where callers reach the gateway. */
  gatewayUrl: z.url(),
  /** `host:port` of gRPC; null in what an older server left. */
  grpcAddress: z.string().nullish(),
  startedAt: z.number(),
});

/** What a running server leaves in its data folder for those who look for it. */
export type ServerInfo = z.infer<typeof infoSchema>;

const infoFile = (dataDir: string): string => join(dataDir, "server.json");

/**
 * Makes this process the one server of the data folder; a server that died without giving it back is no obstacle.
 * Throws `failed_precondition` naming the process that has it. Returns how to give it back.
 */
export async function lockDataFolder(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    return await lockFolder(join(dataDir, "server.lock"));
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "failed_precondition") throw error;
    const info = await readServerInfo(dataDir);
    const which =
      info === null
        ? "another server, which is starting or stopping,"
        : `the server at ${info.url} (process ${info.pid})`;
    throw new SluiceError(
      "failed_precondition",
      `${which} has the data folder ${dataDir}; stop it, or set SLUICE_DATA_DIR`,
      {
        cause: error,
      },
    );
  }
}

export async function writeServerInfo(dataDir: string, info: ServerInfo): Promise<void> {
  const file = infoFile(dataDir);
  await writeFile(`${file}.new`, `${JSON.stringify(info, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Null when no server has left anything that can be read. It may have died since. */
export async function readServerInfo(dataDir: string): Promise<ServerInfo | null> {
  const text = await readFile(infoFile(dataDir), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return infoSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export const removeServerInfo = (dataDir: string): Promise<void> => rm(infoFile(dataDir), { force: true });
