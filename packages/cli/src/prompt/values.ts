import { describe, type PromptVariable } from "@sluice/core";
import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { readDocument } from "../manifest/read.ts";

export interface ValueFlags {
  variable?: Record<string, string>;
  values?: string;
}

/** Values of variables as they were written on the command line, or stand in a file; null when none are given. */
export async function valuesOf(
  { variable, values }: ValueFlags,
  declared: readonly PromptVariable[],
  io: Io,
): Promise<Record<string, unknown> | null> {
  if (variable === undefined && values === undefined) return null;
  const fromFile: Record<string, unknown> = values === undefined ? {} : await readDocument(values, io);
  const given = Object.entries(variable ?? {}).map(([name, text]) => [name, typed(name, text, declared)] as const);
  return { ...fromFile, ...Object.fromEntries(given) };
}

/** Text stays text where the prompt wants one, and is read as JSON where it wants something else. */
function typed(name: string, text: string, declared: readonly PromptVariable[]): unknown {
  const type = declared.find((variable) => variable.name === name)?.type ?? "string";
  if (type === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(
      EXIT.usage,
      `--variable ${name} is ${describe(text)}; expected JSON, since the variable is of type ${type}`,
    );
  }
}
