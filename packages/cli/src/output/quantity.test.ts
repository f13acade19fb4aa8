import { expect, test } from "vitest";
import { count, duration, mebibytes, parseDuration, percent } from "./quantity.ts";

test.each([
  [0, "0 ms"],
  [850, "850 ms"],
  [12_000, "12 s"],
  [59_600, "1 min"],
  [250_000, "4 min 10 s"],
  [11_100_000, "3 h 5 min"],
  [187_200_000, "2 d 4 h"],
])("%d milliseconds are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  ["90", 90_000],
  ["250ms", 250],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["90d", 7_776_000_000],
])("the duration %s is %d milliseconds", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "-5s", "5 minutes", "1.5h", "s", "5x"])("%j is not a duration", (text) => {
  expect(parseDuration(text)).toBeNull();
});

test("percentages keep the decimals they have, two at most", () => {
  expect([0.25, 5, 33.333].map(percent)).toEqual(["0.25 %", "5 %", "33.33 %"]);
});

test("counts have their thousands apart", () => {
  expect(count(1_234_567)).toBe("1,234,567");
});

test("bytes are told in the unit of limits", () => {
  expect([536_870_912, 1_600_000_000].map(mebibytes)).toEqual(["512 MiB", "1,526 MiB"]);
});
