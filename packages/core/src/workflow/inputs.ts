import { describe, type FieldViolation } from "../errors.ts";
import { HIDDEN } from "../hidden.ts";
import { invalidArgument } from "../validate.ts";
import type { InputValues, Scalar, WorkflowInput, WorkflowSpec } from "./workflow.schema.ts";

interface GivenInputs {
  /** As they may be shown: secret ones are hidden. */
  shown: InputValues;
  secrets: Record<string, string>;
}

/** The inputs of a run, defaults filled in. Throws `invalid_argument` that names every one that does not suit. */
export function inputsOf({ inputs }: Pick<WorkflowSpec, "inputs">, given: InputValues): GivenInputs {
  const violations: FieldViolation[] = [];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(inputs, name)) continue;
    const known = Object.keys(inputs).join(", ") || "none; the workflow declares none";
    violations.push({ field: `inputs.${name}`, found: given[name], allowed: `one of the inputs ${known}` });
  }
  const shown: InputValues = {};
  const secrets: Record<string, string> = {};
  for (const [name, input] of Object.entries(inputs)) {
    const value = Object.hasOwn(given, name) ? given[name] : input.default;
    const allowed = problemOf(value, input);
    if (allowed !== null) {
      violations.push({
        field: `inputs.${name}`,
        found: input.secret && value !== undefined ? HIDDEN : value,
        allowed,
      });
    } else if (value !== undefined) {
      shown[name] = input.secret ? HIDDEN : value;
      if (input.secret) secrets[name] = String(value);
    }
  }
  if (violations.length > 0) throw invalidArgument(violations);
  return { shown, secrets };
}

/** What would be allowed; null for a value that is. */
function problemOf(value: Scalar | undefined, { type, required, options }: WorkflowInput): string | null {
  if (value === undefined) return required ? `a value of type ${type}` : null;
  if (typeof value !== type) return `a value of type ${type}`;
  if (options !== undefined && !options.includes(value)) return `one of ${options.map(describe).join(", ")}`;
  return null;
}
