import { expect, test } from "vitest";
import { overviewSearch } from "./search.ts";

test.each([
  [{ days: 30 }, { days: 30 }],
  [{ days: "90" }, { days: 90 }],
  [{ days: 8 }, {}],
  [{ days: "<b>" }, {}],
  [{ project: "shop" }, {}],
])("%o is read as %o", (raw, read) => {
  expect(overviewSearch(raw)).toEqual(read);
});
