import { z } from "zod";
import { describe } from "../errors.ts";
import { compileJsonSchema, type JsonSchemaCheck } from "../json-schema.ts";
import { same } from "../same.ts";
import { parseField } from "../validate.ts";
import type { Scorer } from "./scorer.schema.ts";

export interface OutputScore {
  /** 0 to 1. */
  score: number;
  passed: boolean;
  /** What was seen, against what. */
  reason: string;
}

/** Schemas that a scorer keeps compiled: a dataset of millions of lines has few. */
const KEPT_SCHEMAS = 100;

type LocalScorer = Exclude<Scorer, { type: "http" }>;

/** Makes a function that scores outputs; a text, or any JSON value. Pure, but for compiled schemas that it keeps. */
export function createScoring(): (scorer: LocalScorer, expected: unknown, output: unknown) => OutputScore {
  const schemas = new Map<string, JsonSchemaCheck>();

  const schemaOf = (expected: unknown): JsonSchemaCheck => {
    const key = JSON.stringify(expected);
    const known = schemas.get(key);
    if (known !== undefined) return known;
    if (typeof expected !== "object" || expected === null)
      throw new TypeError("the dataset's reader lets only schemas pass");
    if (schemas.size >= KEPT_SCHEMAS) schemas.clear();
    const check = compileJsonSchema(expected);
    schemas.set(key, check);
    return check;
  };

  return (scorer, expected, output) => {
    switch (scorer.type) {
      case "exact":
        return exact(expected, output, scorer.ignoreCase);
      case "contains":
        return contains([expected].flat().map(String), output, scorer.ignoreCase);
      case "regex":
        return verdict(
          new RegExp(String(expected), scorer.flags).test(textOf(output)),
          `the output ${quote(output)}, against /${String(expected)}/${scorer.flags}`,
        );
      case "json_schema":
        return fitsSchema(schemaOf(expected), output);
      case "numeric":
        return near(Number(expected), output, scorer);
    }
  };
}

function exact(expected: unknown, output: unknown, ignoreCase: boolean): OutputScore {
  const reason = `the output ${quote(output)}, expected ${quote(expected)}`;
  if (typeof expected !== "string") {
    const value = typeof output === "string" ? jsonOf(output)?.value : output;
    return verdict(same(value, expected), reason);
  }
  const folded = (text: string) => (ignoreCase ? text.trim().toLowerCase() : text.trim());
  return verdict(folded(textOf(output)) === folded(expected), reason);
}

function contains(wanted: readonly string[], output: unknown, ignoreCase: boolean): OutputScore {
  const folded = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const text = folded(textOf(output));
  const missing = wanted.filter((part) => !text.includes(folded(part)));
  return verdict(
    missing.length === 0,
    missing.length === 0
      ? `the output has all ${wanted.length} texts`
      : `the output ${quote(output)} lacks ${missing.map(quote).join(", ")}`,
  );
}

function fitsSchema(check: JsonSchemaCheck, output: unknown): OutputScore {
  const document = typeof output === "string" ? jsonOf(output) : { value: output };
  if (document === null) return verdict(false, `the output ${quote(output)} is not JSON`);
  const misfits = check(document.value);
  return verdict(misfits.length === 0, misfits.length === 0 ? "the output fits the schema" : misfits.join("; "));
}

const NUMBER = /[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d{1,3})?/gi;

function near(expected: number, output: unknown, scorer: Extract<Scorer, { type: "numeric" }>): OutputScore {
  const allowed = Math.max(scorer.tolerance, scorer.relativeTolerance * Math.abs(expected));
  const against = `expected ${expected}${allowed === 0 ? "" : ` ± ${allowed}`}`;
  const found = [...textOf(output).matchAll(NUMBER)].slice(0, 3).map(([digits]) => Number(digits));
  const [value] = found;
  if (value === undefined || found.length > 1 || !Number.isFinite(value)) {
    return verdict(false, `the output ${quote(output)} holds not exactly one number, ${against}`);
  }
  return verdict(Math.abs(value - expected) <= allowed, `the output is ${value}, ${against}`);
}

const judgementSchema = z
  .object({
    score: z.number().min(0).max(1).optional(),
    passed: z.boolean().optional(),
    reason: z.string().max(65_536).default(""),
  })
  .refine(({ score, passed }) => score !== undefined || passed !== undefined, {
    message: "a number from 0 to 1, unless `passed` is given",
    path: ["score"],
  });

/**
 * What an HTTP judge answered, as a score: `{score, passed, reason}` with at least one of the first two. Without `passed`, the
 * scorer's threshold decides; without `score`, it is 1 or 0. Throws `invalid_argument` naming what is wrong with the answer.
 */
export function readJudgement(answer: unknown, { threshold }: Extract<Scorer, { type: "http" }>): OutputScore {
  const { score, passed, reason } = parseField(judgementSchema, answer, "judgement");
  const value = score ?? (passed ? 1 : 0);
  return { score: value, passed: passed ?? value >= threshold, reason: reason.slice(0, LONGEST_REASON) };
}

const LONGEST_REASON = 1_000;

const verdict = (passed: boolean, reason: string): OutputScore => ({
  score: passed ? 1 : 0,
  passed,
  reason: reason.slice(0, LONGEST_REASON),
});

const textOf = (output: unknown): string => (typeof output === "string" ? output : (JSON.stringify(output) ?? ""));

/** Null for what is not JSON. Models like to fence it: the fence is taken off. */
function jsonOf(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(unfenced(text)) };
  } catch {
    return null;
  }
}

const FENCE = "```";

/** By hand and not by a pattern: what a model writes may be a long run of what a pattern would try in every way. */
function unfenced(text: string): string {
  const fenced = text.trim();
  const begin = fenced.indexOf("\n");
  if (!fenced.startsWith(FENCE) || !fenced.endsWith(FENCE) || begin === -1) return text;
  const language = fenced.slice(FENCE.length, begin).trim();
  return language === "" || language === "json" ? fenced.slice(begin, -FENCE.length) : text;
}

const quote = (value: unknown): string => describe(value);
