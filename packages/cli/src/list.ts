import { type Page, paginate } from "@sluice/client";
import type { Option } from "commander";
import { integerOption } from "./command.ts";
import { type Column, renderTable } from "./output/table.ts";
import type { Session } from "./session.ts";

export interface ListFlags {
  limit?: number;
}

export interface ListQuery {
  limit: number;
  cursor?: string;
  project?: string;
}

const DEFAULT_LIMIT = 50;
/** What the API gives at once at most. */
const PAGE = 200;

export const limitOption = (): Option =>
  integerOption("--limit <number>", `at most so many (default ${DEFAULT_LIMIT})`, 1, 100_000);

/** Prints a list of the API, fetching as many pages as `--limit` needs, and says when there is more. */
export async function printList<Item>(
  session: Session,
  flags: ListFlags,
  columns: readonly Column<Item>[],
  fetchPage: (query: ListQuery) => Promise<Page<Item>>,
): Promise<undefined> {
  const limit = flags.limit ?? DEFAULT_LIMIT;
  const items: Item[] = [];
  let more = false;
  const query = { limit: Math.min(limit + 1, PAGE), ...session.scope };
  for await (const item of paginate((cursor) => fetchPage({ ...query, ...(cursor !== undefined && { cursor }) }))) {
    more = items.length === limit;
    if (more) break;
    items.push(item);
  }
  session.print({ items }, () => renderTable(items, columns));
  if (more) session.note(`There is more; these are the first ${limit}. Ask for others with --limit.`);
}
