import { type Figure, SluiceError } from "@sluice/core";
import { compileCel } from "../cel/cel.compile.ts";
import type { Reference } from "../cel/cel.tree.ts";
import type { Db } from "../db/database.ts";
import { GATE_CEL, isAwaited, valuesOf } from "./gate.cel.ts";
import type { GateDeps } from "./gate.deps.ts";
import type { Known } from "./gate.evaluate.ts";
import { celSubject } from "./subject.store.ts";

/** What an expression of a stored gate names; nothing where it does not compile any more, which its evaluation then says. */
export function referencesOf(expression: string): Reference[] {
  try {
    return compileCel(expression, GATE_CEL, "expression").references;
  } catch (error) {
    if (error instanceof SluiceError) return [];
    throw error;
  }
}

/** How many of the values that an expression names its evidence shows. */
const SHOWN = 8;

/** The expression's decision, with the values that it named as evidence. */
export async function expressionFigure(db: Db, expression: string, known: Known, { cel }: GateDeps): Promise<Figure> {
  const { subject, evaluations, run, silences } = known;
  const values = valuesOf(await celSubject(db, run), evaluations);
  const outcome = await cel.evaluate({ expression, declarations: GATE_CEL, values });
  const text = expression.length > 120 ? `${expression.slice(0, 119).toWellFormed()}…` : expression;
  const told = `the expression \`${text.replaceAll(/\s+/g, " ")}\``;
  if (outcome.status === "failed") {
    const why = `${told} could not be evaluated for ${subject}: ${outcome.message}`;
    return {
      status: "broken",
      reason: why,
      otherwise: "an expression that can be evaluated within its limits may pass",
    };
  }
  if (outcome.status === "missing") {
    const [root = "", key = ""] = outcome.path;
    if (!isAwaited(outcome.path)) {
      const why = `${told} names ${outcome.path.join(".")}, which ${subject} does not have`;
      return { status: "broken", reason: why, otherwise: "an expression that asks has() first may pass" };
    }
    const silence = root === "evaluations" ? silences.get(key) : undefined;
    const why = `${told} needs ${outcome.path.join(".")}, which no evaluation of ${subject} has recorded yet`;
    return { status: "missing", reason: silence === undefined ? why : `${why}, and ${silence}` };
  }
  const evidence = evidenceOf(referencesOf(expression), values, evaluations.length);
  return {
    status: "decided",
    pass: outcome.value,
    observed: outcome.value,
    evidence,
    reason: `${told} is ${outcome.value} for ${subject} (${evidence})`,
    otherwise: outcome.value ? "other values that make it false would have failed" : "it passes when it is true",
  };
}

function evidenceOf(references: readonly Reference[], values: Record<string, unknown>, count: number): string {
  const seen = new Map<string, string>();
  for (const { path } of references) {
    const value = at(values, path);
    if (value === undefined || typeof value === "object") continue;
    seen.set(path.join("."), `${path.join(".")} = ${String(value).slice(0, 80).toWellFormed()}`);
    const samples = path[0] === "evaluations" ? at(values, ["evaluations", path[1] ?? "", "sampleCount"]) : undefined;
    if (samples !== undefined) seen.set(`samples of ${path[1]}`, `${path[1]} of ${samples} samples`);
  }
  const shown = [...seen.values()].slice(0, SHOWN);
  return shown.length === 0 ? `${count} ${count === 1 ? "evaluation" : "evaluations"} recorded` : shown.join(", ");
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined,
    value,
  );
}
