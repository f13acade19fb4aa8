import { openAsBlob } from "node:fs";
import { CliError, EXIT } from "./exit.ts";

/** A file to be sent without being read into memory. Throws a usage error that names one that cannot be read. */
export async function blobOf(path: string): Promise<Blob> {
  try {
    // It throws at once where there is no file, though it promises.
    return await openAsBlob(path);
  } catch {
    throw new CliError(EXIT.usage, `${path} cannot be read`);
  }
}
