import type { paths } from "@sluice/client";
import { describe, strategySchema } from "@sluice/core";
import { CliError, EXIT } from "./exit.ts";
import { problemsOf } from "./zod-problems.ts";

type CreateBody = paths["/v1/deployments"]["post"]["requestBody"]["content"]["application/json"];
export type StrategyBody = NonNullable<CreateBody["strategy"]>;

/**
 * A strategy from the command line: a type (`canary`), a type with fields (`canary:initialPercentage=5,bakeSeconds=60`)
 * or JSON. Throws a usage error that names each bad field.
 */
export function parseStrategy(text: string): StrategyBody {
  const value = text.trimStart().startsWith("{") ? parseJson(text) : parseShort(text);
  const parsed = strategySchema.safeParse(value);
  if (!parsed.success) {
    const lines = problemsOf(parsed.error, value).map(
      ({ path, found, allowed }) => `  ${path.join(".") || "strategy"} is ${describe(found)}; ${allowed}`,
    );
    throw new CliError(EXIT.usage, `--strategy ${describe(text)} is not a strategy:\n${lines.join("\n")}`);
  }
  // What was written, not what was parsed: the server fills in its own defaults.
  return value as StrategyBody;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(EXIT.usage, `--strategy is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseShort(text: string): Record<string, unknown> {
  const [type = "", fields = ""] = text.split(/:(.*)/s);
  const pairs = fields
    .split(",")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = "true"] = pair.split(/=(.*)/s);
      return [name, scalar(value)];
    });
  return { type, ...Object.fromEntries(pairs) };
}

const scalar = (text: string): unknown => {
  if (text === "true" || text === "false") return text === "true";
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
};
