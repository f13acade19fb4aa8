import { expect, test } from "vitest";
import { withWaiting } from "./pace.ts";

test("a request that took no longer than the time to the next one held nobody up", () => {
  expect(withWaiting(2, 3)).toEqual([2]);
  expect(withWaiting(3, 3)).toEqual([3]);
});

test("those that were due while a request took long waited for what was left of it", () => {
  expect(withWaiting(10, 3)).toEqual([10, 7, 4, 1]);
});
