import { TypeError as CelTypeError, EvaluationError, ParseError } from "@marcbachmann/cel-js";
import { invalidField } from "@sluice/core";
import { type CelDeclarations, environmentOf } from "./cel.declarations.ts";
import { type Reference, referencesIn } from "./cel.tree.ts";

export interface Compiled {
  references: Reference[];
}

/**
 * Parses and type-checks an expression that must be of type `bool`. Throws `invalid_argument` that names the field, line
 * and column, and what is allowed there. Cheap and bounded: nothing is evaluated.
 *
 * @param field where the expression stands in what the user wrote
 */
export function compileCel(expression: string, declarations: CelDeclarations, field: string): Compiled {
  const { environment } = environmentOf(declarations);
  const refused = (allowed: string) => invalidField(field, expression, allowed);
  const result = environment.check(expression);
  if (!result.valid || result.type === undefined) {
    const { error } = result;
    const at = error?.range === undefined ? "" : ` at ${placeOf(expression, error.range.start)}`;
    const hint = isUnknownName(error) ? `; it may name ${Object.keys(declarations.variables).join(", ")}` : "";
    throw refused(`CEL that compiles; ${error?.summary ?? "it does not"}${at}${hint}`);
  }
  // `dyn` is known only when it is evaluated, and must be a bool then.
  if (result.type !== "bool" && result.type !== "dyn") {
    throw refused(`CEL of type bool, such as a comparison; this is of type ${result.type}`);
  }
  return { references: referencesIn(environment.parse(expression).ast) };
}

/** `line 2, column 7`, both from 1. */
export function placeOf(expression: string, offset: number): string {
  const before = expression.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

const isUnknownName = (error: unknown): boolean =>
  (error instanceof CelTypeError || error instanceof ParseError || error instanceof EvaluationError) &&
  error.code === "unknown_variable";
