import { ApiError } from "@sluice/client";

/** What the server says of one field of what was sent; undefined: nothing. A field inside of it counts too. */
export function problemAt(error: unknown, field: string): string | undefined {
  const isAt = (named: string): boolean => named.startsWith(field) && /^$|^[.[]/.test(named.slice(field.length));
  return fieldsOf(error).find((one) => isAt(one.field))?.words;
}

/** Every field that the server refused, with what it would have taken. */
export function fieldsOf(error: unknown): { field: string; words: string }[] {
  if (!(error instanceof ApiError)) return [];
  return (error.problem.errors ?? []).map(({ field, allowed }) => ({
    field,
    words: allowed === undefined ? "This is not taken" : `Wanted: ${allowed}`,
  }));
}

/** The answers that say that something was deleted, was never there, or is not for whoever asks (any more). */
const GONE: readonly number[] = [403, 404, 410];

export const isGone = (error: unknown): boolean => error instanceof ApiError && GONE.includes(error.status);
