import type { EvaluationContext } from "@sluice/core";
import { CONTEXT_PREFIX } from "../resolve.schema.ts";

/** A reading as its address says it. */
export interface Target {
  name: string;
  project: string | undefined;
  environment: string | undefined;
  key: string | null;
  context: EvaluationContext;
}

const PREFIX = "/v1/resolve/";
const MOST_CHARACTERS = 4_096;
const NAME = /^[-_a-z0-9]{1,64}$/;
const PRINTABLE = /^[!-~]*$/;
const NO_CONTEXT: EvaluationContext = Object.freeze({});

/**
 * The address of a plain reading; null for every other one, and for whatever is odd about it: an unknown parameter, one given twice,
 * one too long, text that is no text. Those are answered the usual way, which says what is wrong.
 */
export function targetOf(url: string): Target | null {
  if (!url.startsWith(PREFIX) || !PRINTABLE.test(url)) return null;
  const query = url.indexOf("?");
  const name = query === -1 ? url.slice(PREFIX.length) : url.slice(PREFIX.length, query);
  if (!NAME.test(name)) return null;
  const target: Target = { name, project: undefined, environment: undefined, key: null, context: NO_CONTEXT };
  if (query === -1) return target;
  const context: Record<string, unknown> = {};
  for (const pair of url.slice(query + 1).split("&")) {
    const equals = pair.indexOf("=");
    if (equals === -1) return null;
    const field = decoded(pair.slice(0, equals));
    const value = decoded(pair.slice(equals + 1));
    if (field === null || value === null) return null;
    if (field === "key" && target.key === null) target.key = value;
    else if (field === "environment" && target.environment === undefined) target.environment = value;
    else if (field === "project" && target.project === undefined) target.project = value;
    else if (field.startsWith(CONTEXT_PREFIX)) {
      const attribute = field.slice(CONTEXT_PREFIX.length);
      if (attribute === "__proto__" || Object.hasOwn(context, attribute)) return null;
      context[attribute] = value;
      target.context = context;
    } else return null;
  }
  return target;
}

/** Null for what is no text, or too long, or cannot be stored. */
function decoded(text: string): string | null {
  if (text.length > MOST_CHARACTERS) return null;
  if (!/[%+]/.test(text)) return text;
  try {
    const plain = decodeURIComponent(text.replaceAll("+", " "));
    return plain.includes("\0") ? null : plain;
  } catch {
    return null;
  }
}
