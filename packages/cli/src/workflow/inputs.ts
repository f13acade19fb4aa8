import type { Workflow } from "@sluice/client";
import { CliError, EXIT } from "../exit.ts";

/** Texts of the command line as the types that the workflow declares. What it does not declare is for the server to refuse. */
export function typedInputs(
  workflow: Workflow,
  given: Readonly<Record<string, string>>,
): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name, typed(name, text, workflow.spec.inputs[name]?.type)]),
  );
}

function typed(name: string, text: string, type: string | undefined): string | number | boolean {
  if (type === "number") {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value)) return value;
    throw new CliError(EXIT.usage, `--input ${name} is ${JSON.stringify(text)}; expected a number`);
  }
  if (type !== "boolean") return text;
  if (text === "true" || text === "false") return text === "true";
  throw new CliError(EXIT.usage, `--input ${name} is ${JSON.stringify(text)}; expected true or false`);
}
