import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What a running server leaves in its data folder for those who look for it. */
const schema = z.object({
  pid: z.number().int(),
  url: z.url(),
  gatewayUrl: z.url().nullish(),
  grpcAddress: z.string().nullish(),
});

export type ServerInfo = z.infer<typeof schema>;

/** Null when no server has left anything there that can be read. It may have died since. */
export function readServerInfo(dataDir: string): ServerInfo | null {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(join(dataDir, "server.json"), "utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
