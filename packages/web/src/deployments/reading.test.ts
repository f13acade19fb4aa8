import type { Deployment } from "@sluice/client";
import { expect, test } from "vitest";
import { isFreshEnough, UNREAD, WHOLE_EVERY_MS, withNewest } from "./reading.ts";

const listed = (...ids: string[]): Deployment[] => ids.map((id) => ({ id }) as Deployment);
const ids = (deployments: readonly Deployment[]) => deployments.map(({ id }) => id);

test("the newest page changes what it covers, adds what is new, and drops what is gone", () => {
  const known = { ...UNREAD, complete: true, deployments: listed("d6", "d5", "d4", "d2", "d1") };
  expect(ids(withNewest(known, listed("d7", "d6", "d4")).deployments)).toEqual(["d7", "d6", "d4", "d2", "d1"]);
  expect(withNewest(known, listed("d7")).complete).toBe(true);
});

test("a short list is always read whole, a long one once in a while", () => {
  const long = {
    ...UNREAD,
    complete: true,
    wholeAt: 1_000,
    deployments: listed(...Array.from({ length: 500 }, (_, i) => `${i}`)),
  };
  expect(isFreshEnough(long, 1_000 + WHOLE_EVERY_MS - 1)).toBe(true);
  expect(isFreshEnough(long, 1_000 + WHOLE_EVERY_MS)).toBe(false);
  expect(isFreshEnough({ ...long, deployments: listed("1") }, 1_001)).toBe(false);
});
