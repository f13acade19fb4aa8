import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Client, createClient } from "@sluice/client";

const CLI = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;
const run = promisify(execFile);

export interface Started {
  /** The local user, or the administrator where the server asks for tokens. */
  admin: Client;
  gatewayUrl: string;
}

/** Starts the server and the gateway in the background, or finds them running. */
export async function start(): Promise<Started> {
  await run(process.execPath, [CLI, "up"]);
  const { stdout } = await run(process.execPath, [CLI, "status", "-o", "json"]);
  const { url, gatewayUrl, dataDir } = JSON.parse(stdout);
  const path = join(dataDir, "admin-token");
  const token = process.env.SLUICE_TOKEN ?? (existsSync(path) ? readFileSync(path, "utf8").trim() : undefined);
  return { admin: createClient({ url, ...(token !== undefined && { token }) }), gatewayUrl };
}
