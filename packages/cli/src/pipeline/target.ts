import { parseSelector } from "@sluice/core";
import { CliError, EXIT } from "../exit.ts";

/** Which nodes are meant: labels alone where the selector says no more than that. */
export function targetOf(selector: string): { target_nodes: Record<string, string> } | { selector: string } {
  const requirements = readSelector(selector);
  const labels = requirements.flatMap(({ key, operator, values = [] }) =>
    operator === "in" && values.length === 1 ? [[key, values[0] ?? ""] as const] : [],
  );
  const plain = labels.length === requirements.length && new Set(labels.map(([key]) => key)).size === labels.length;
  return plain ? { target_nodes: Object.fromEntries(labels) } : { selector };
}

function readSelector(selector: string) {
  try {
    return parseSelector(selector, "--selector");
  } catch (error) {
    throw new CliError(EXIT.usage, error instanceof Error ? error.message : String(error));
  }
}
