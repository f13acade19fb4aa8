import { parentPort } from "node:worker_threads";
import { EvaluationError } from "@marcbachmann/cel-js";
import { environmentOf } from "./cel.declarations.ts";
import type { CelOutcome, CelRequest } from "./cel.messages.ts";
import { pathOf } from "./cel.tree.ts";

/** The thread in which expressions are evaluated: it may be ended at any moment, in the middle of one. */

function outcomeOf({ expression, declarations, values }: CelRequest): CelOutcome {
  const { environment, context } = environmentOf(declarations);
  try {
    const value: unknown = environment.evaluate(expression, context(values));
    if (typeof value === "boolean") return { status: "value", value };
    return { status: "failed", message: `its value is of type ${nameOf(value)}, not bool` };
  } catch (error) {
    if (!(error instanceof EvaluationError)) return { status: "failed", message: messageOf(error) };
    const path = error.code === "no_such_key" && error.node !== undefined ? pathOf(error.node) : null;
    return path === null ? { status: "failed", message: error.summary } : { status: "missing", path };
  }
}

const nameOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return typeof value === "bigint" ? "int" : typeof value === "object" ? "map" : typeof value;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

parentPort?.on("message", (request: CelRequest) => parentPort?.postMessage(outcomeOf(request)));
parentPort?.postMessage("ready");
