import type { Page } from "./types.ts";

/**
 * Every item of a list, page after page, fetched as they are asked for.
 *
 *     for await (const rollout of paginate((cursor) => ok(http.GET("/v1/rollouts", { params: { query: { cursor } } }))))
 */
export async function* paginate<Item>(fetchPage: (cursor?: string) => Promise<Page<Item>>): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await fetchPage(cursor);
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
