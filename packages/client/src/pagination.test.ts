import { expect, test } from "vitest";
import { paginate } from "./pagination.ts";

const PAGES = new Map([
  [undefined, { items: [1, 2], nextCursor: "a" }],
  ["a", { items: [], nextCursor: "b" }],
  ["b", { items: [3], nextCursor: null }],
]);

function pages() {
  const asked: (string | undefined)[] = [];
  const fetchPage = async (cursor?: string) => {
    asked.push(cursor);
    return PAGES.get(cursor) ?? { items: [], nextCursor: null };
  };
  return { asked, fetchPage };
}

test("yields the items of all pages, an empty one in between included", async () => {
  const { fetchPage } = pages();
  expect(await Array.fromAsync(paginate(fetchPage))).toEqual([1, 2, 3]);
});

test("fetches a page only when it is asked for", async () => {
  const { asked, fetchPage } = pages();
  for await (const item of paginate(fetchPage)) if (item === 2) break;
  expect(asked).toEqual([undefined]);
});
