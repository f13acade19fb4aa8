import { invalidField } from "@sluice/core";
import { z } from "zod";

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: "Items a page" }),
  cursor: z.string().max(1_024).optional().meta({ description: "`nextCursor` of the page before" }),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: "Null on the last page" }),
  });

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/**
 * One page of rows that were read with `limit + 1`: the row too many tells that there is a next page.
 *
 * @param keyOf the value that the next page's rows come after
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string,
  view: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(view), nextCursor: more ? Buffer.from(keyOf(last)).toString("base64url") : null };
}

/** The key in a cursor. Throws `invalid_argument` for one that no list gave out. */
export function keyOfCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, "base64url").toString();
  if (key === "" || key.includes("\0") || Buffer.from(key).toString("base64url") !== cursor) {
    throw invalidField("query.cursor", cursor, "the nextCursor of a page of this list");
  }
  return key;
}
