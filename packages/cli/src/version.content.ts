import type { Option } from "commander";
import { option } from "./command.ts";
import type { Io } from "./io.ts";
import { readDocument } from "./manifest/read.ts";

/** Flags that say what a version consists of. */
export interface ContentFlags {
  file?: string;
  command?: string;
  image?: string;
  workdir?: string;
}

export const contentOptions = (): Option[] => [
  option("-f, --file <path>", "YAML or JSON with the spec; - for standard input"),
  option("--command <line>", "program and arguments, with nothing but spaces between them"),
  option("--image <image>", "container image"),
  option("--workdir <folder>", "folder in which the program starts"),
];

/** The spec of a version; null when no flag says anything of it. `program` are words that came after `--`. */
export async function contentSpec(
  io: Io,
  { file, command, image, workdir }: ContentFlags,
  program: readonly string[],
): Promise<Record<string, never> | null> {
  if (file !== undefined) return readDocument(file, io);
  const words = command?.split(/\s+/).filter((word) => word !== "") ?? program;
  const spec = {
    ...(words.length > 0 && { command: [...words] }),
    ...(image !== undefined && { image }),
    ...(workdir !== undefined && { workdir }),
  };
  return Object.keys(spec).length === 0 ? null : (spec as Record<string, never>);
}
