import { expect, test } from "vitest";
import { describeStaysOpen } from "./stays-open.ts";

test("what would have kept the gate open is said as people say it", () => {
  expect([0, 1, 7].map((most) => describeStaysOpen(most, "failed"))).toEqual([
    "with none it would have stayed open",
    "with about 1 failed request of the candidate it would have stayed open",
    "with about 7 failed requests of the candidate it would have stayed open",
  ]);
});
