import type { FieldViolation } from "@sluice/core";

/** Levels of nesting in a request; deeper ones serve nobody but those who want to exhaust the stack. */
const DEEPEST = 64;

/**
 * The first value of a request that JSON allows and PostgreSQL or canonical JSON (RFC 8785) does not: NUL, half a
 * surrogate pair, a number beyond doubles, too deep a nesting. Null when there is none.
 *
 * @param field where the input stands in what the user wrote; empty for the body
 */
export function unstorableIn(input: unknown, field = ""): FieldViolation | null {
  const pending: { value: unknown; field: string; depth: number }[] = [{ value: input, field, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    const refused = (found: unknown, allowed: string): FieldViolation => ({ field: next.field, found, allowed });
    if (typeof value === "string" && !isStorable(value)) return refused(shown(value), TEXT);
    if (typeof value === "number" && !Number.isFinite(value)) return refused(String(value), "a finite number");
    if (typeof value !== "object" || value === null) continue;
    if (depth === DEEPEST) return refused("more", `at most ${DEEPEST} levels of nesting`);
    const isList = Array.isArray(value);
    for (const [key, inner] of Object.entries(value)) {
      if (!isStorable(key)) return refused(shown(key), `names that are ${TEXT}`);
      const inside = isList ? `${next.field}[${key}]` : next.field === "" ? key : `${next.field}.${key}`;
      pending.push({ value: inner, field: inside, depth: depth + 1 });
    }
  }
  return null;
}

const TEXT = "text of whole Unicode characters, without NUL";

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

/** Fit to be shown in an answer that is read as UTF-8. */
const shown = (text: string): string => text.slice(0, 80).toWellFormed().replaceAll("\0", "\\0");
