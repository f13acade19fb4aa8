import { query } from "jsonpath-rfc9535";
import { describe } from "../errors.ts";
import { compileJsonSchema } from "../json-schema.ts";
import { same } from "../same.ts";
import type { TestAnswer } from "./answer.ts";
import type { FunctionalTest } from "./test-options.schema.ts";

type Expectations = FunctionalTest["expect"];
type Json = Parameters<typeof query>[0];

/** Characters of a body that a sentence quotes, around the place that matters. */
const QUOTED = 160;

/**
 * What of `expect` the answer does not fulfil, one sentence each, expected beside found; an empty list when all is as it
 * should be. Never throws on an answer, whatever it holds.
 */
export function unmetExpectations(expect: Expectations, answer: TestAnswer): string[] {
  return [
    ...statusOf(expect, answer),
    ...headersOf(expect, answer),
    ...textOf(expect, answer),
    ...jsonOf(expect, answer),
    ...timeOf(expect, answer),
  ];
}

/** How many single things are expected: what a summary counts. */
export const countExpectations = (expect: Expectations): number =>
  1 +
  Object.keys(expect.headers ?? {}).length +
  Object.keys(expect.json ?? {}).length +
  [expect.bodyContains, expect.bodyMatches, expect.jsonSchema, expect.maxMs].filter((one) => one !== undefined).length;

const statusOf = ({ status }: Expectations, answer: TestAnswer): string[] =>
  answer.status === status
    ? []
    : [`status is ${answer.status}, expected ${status}${answer.body === "" ? "" : ` (${quote(answer.body)})`}`];

const headersOf = ({ headers = {} }: Expectations, answer: TestAnswer): string[] =>
  Object.entries(headers).flatMap(([name, expected]) => {
    const found = answer.headers[name.toLowerCase()];
    if (found === expected) return [];
    return [`header ${name} is ${found === undefined ? "missing" : quote(found)}, expected ${quote(expected)}`];
  });

function textOf({ bodyContains, bodyMatches }: Expectations, answer: TestAnswer): string[] {
  const cut = answer.truncated ? " (as far as it was read)" : "";
  const problems: string[] = [];
  if (bodyContains !== undefined && !answer.body.includes(bodyContains)) {
    problems.push(`body${cut} is ${nearest(answer.body, bodyContains)}, expected to contain ${quote(bodyContains)}`);
  }
  if (bodyMatches !== undefined && !new RegExp(bodyMatches, "m").test(answer.body)) {
    problems.push(`body${cut} is ${quote(answer.body)}, expected to match /${bodyMatches}/`);
  }
  return problems;
}

function jsonOf({ json, jsonSchema }: Expectations, answer: TestAnswer): string[] {
  if (json === undefined && jsonSchema === undefined) return [];
  if (answer.truncated) return ["body is longer than what is read of it, expected a JSON document that can be read"];
  let document: Json;
  try {
    document = JSON.parse(answer.body);
  } catch {
    return [`body is ${quote(answer.body)}, expected JSON`];
  }
  try {
    return [...valuesOf(json ?? {}, document), ...misfitsOf(jsonSchema, document)];
  } catch (error) {
    // Nested so deeply that a walk through it overflows the stack.
    return [`body cannot be judged: ${error instanceof Error ? error.message : String(error)}`];
  }
}

const valuesOf = (json: Record<string, unknown>, document: Json): string[] =>
  Object.entries(json).flatMap(([path, expected]) => {
    const found = query(document, path);
    if (found.some((value) => same(value, expected))) return [];
    const shown =
      found.length === 0 ? "nothing" : found.length === 1 ? describe(found[0]) : `${found.length} other values`;
    return [`${path} is ${shown}, expected ${describe(expected)}`];
  });

const misfitsOf = (schema: object | undefined, document: Json): string[] =>
  schema === undefined
    ? []
    : compileJsonSchema(schema)(document).map((misfit) => `body does not fit the JSON schema: ${misfit}`);

const timeOf = ({ maxMs }: Expectations, { ms }: TestAnswer): string[] =>
  maxMs === undefined || ms <= maxMs ? [] : [`the answer took ${Math.round(ms)} ms, expected at most ${maxMs} ms`];

/** The body's part after the longest beginning of `wanted` that it has: where the two begin to differ. */
function nearest(body: string, wanted: string): string {
  let low = 0;
  let high = wanted.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (body.includes(wanted.slice(0, middle))) low = middle;
    else high = middle - 1;
  }
  const at = low < 4 ? 0 : body.indexOf(wanted.slice(0, low));
  return `${at === 0 ? "" : "…"}${quote(body.slice(at))}`;
}

const quote = (text: string): string => {
  const printable = text.length <= QUOTED ? text : `${text.slice(0, QUOTED)}…`;
  return JSON.stringify(printable);
};
