import { expect, test } from "vitest";
import { createPatience } from "./patience.ts";

test("who gave no answer is asked after 1 s, 2 s, 4 s … at most 30 s, and at once after an answer", () => {
  let now = 0;
  const patience = createPatience(() => now);
  const waits: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    patience.inVain("service", "it is down");
    const from = now;
    while (patience.tooEarly("service") !== null) now += 500;
    waits.push(now - from);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  patience.inVain("service", "it is down");
  expect(patience.tooEarly("service")).toBe("it is down");
  expect(patience.tooEarly("another")).toBeNull();
  patience.answered("service");
  expect(patience.tooEarly("service")).toBeNull();
});

test("it does not remember without end", () => {
  const patience = createPatience(() => 0);
  for (let at = 0; at <= 10_000; at += 1) patience.inVain(`service ${at}`, "down");
  expect(patience.tooEarly("service 0")).toBeNull();
  expect(patience.tooEarly("service 10000")).toBe("down");
});
