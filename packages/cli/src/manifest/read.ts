import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";

/** The text of a file, or of the standard input for `-`. */
export async function readSource(path: string, io: Io): Promise<string> {
  if (path === "-") return io.readInput();
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CliError(EXIT.usage, `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The fields of one YAML or JSON document. Whether they are right is for the server to say. */
export async function readDocument(path: string, io: Io): Promise<Record<string, never>> {
  const document = parseDocument(await readSource(path, io));
  const [error] = document.errors;
  if (error !== undefined) throw new CliError(EXIT.usage, `${path}: ${error.message}`);
  const value: unknown = document.toJS();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CliError(EXIT.usage, `${path} must hold one document with fields`);
  }
  return value as Record<string, never>;
}
