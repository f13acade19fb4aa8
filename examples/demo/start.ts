import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Client, createClient } from "@sluice/client";

const CLI = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;
const run = promisify(execFile);

export interface Started {
  /** Acts as the administrator, or as the local user of a server without authentication. */
  admin: Client;
  gatewayUrl: string;
  /** Where the administrator's token is; null when there is none. */
  tokenFile: string | null;
}

/**
 * Starts the server and the gateway in the background, or finds them running. A server that is started here asks for tokens, so
 * that two people can be told apart; the data folder has the administrator's.
 */
export async function start(): Promise<Started> {
  await run(process.execPath, [CLI, "up"], { env: { SLUICE_AUTH: "on", ...process.env } });
  const { stdout } = await run(process.execPath, [CLI, "status", "-o", "json"]);
  const { url, gatewayUrl, dataDir } = JSON.parse(stdout);
  const path = join(dataDir, "admin-token");
  const tokenFile = existsSync(path) ? path : null;
  const token = process.env.SLUICE_TOKEN ?? (tokenFile === null ? undefined : readFileSync(tokenFile, "utf8").trim());
  return { admin: createClient({ url, ...(token !== undefined && { token }) }), gatewayUrl, tokenFile };
}
